/** How one streamed answer ended. */
export interface Streamed {
  readonly status: number
  /** Tokens that the server says it gave; 0 where the stream broke before it said so. */
  readonly tokens: number
  readonly finish: string
  /** Whether the last event was the API's `[DONE]`. */
  readonly isWhole: boolean
}

/**
 * Asks for `tokens` tokens as a stream of the OpenAI API, however soon the model would have stopped, and reads it to its
 * end. `onFirst` is called at the first token.
 */
export async function streamed(url: string, model: string, tokens: number, onFirst: () => void): Promise<Streamed> {
  const body = {
    model,
    messages: [{ role: 'user', content: 'Tell me everything.' }],
    max_tokens: tokens,
    ignore_eos: true,
    stream: true,
    stream_options: { include_usage: true },
  }
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(120_000),
  })
  const events: string[] = []
  let rest = ''
  for await (const text of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('data: ')) events.push(line.slice(6))
    if (events.length > 1) onFirst()
  }
  const parts = events.filter((event) => event.startsWith('{')).map((event) => JSON.parse(event) as Part)
  return {
    status: response.status,
    tokens: parts.find(({ usage }) => usage)?.usage?.completion_tokens ?? 0,
    finish: parts.flatMap(({ choices = [] }) => choices.map((choice) => choice.finish_reason ?? '')).join(''),
    isWhole: events.at(-1) === '[DONE]',
  }
}

interface Part {
  readonly choices?: readonly { readonly finish_reason?: string | null }[]
  readonly usage?: { readonly completion_tokens: number } | null
}
