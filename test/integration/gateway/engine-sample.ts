import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A real HTTP server that answers as vLLM does, as far as the gateway uses it. */
export interface EngineSample {
  readonly url: string
  readonly seen: SeenRequest[]
  models: string[]
  healthy: boolean
  /** Does the model have a chat template? */
  chat: boolean
  /** Called instead of any count of tokens. */
  tokenizer: ((response: ServerResponse) => void) | undefined
  /** Called instead of any completion's answer. */
  hold: ((response: ServerResponse) => void) | undefined
  /** Called for streamed completions instead of the default three events. */
  stream: ((response: ServerResponse) => void) | undefined
  stop(): Promise<void>
}

const NO_TEMPLATE = { error: { message: 'default chat template is no longer allowed', code: 400 } }

export async function startEngineSample(models: string[]): Promise<EngineSample> {
  const server = createServer((request, response) => {
    void answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sample: EngineSample = {
    url: `http://127.0.0.1:${port}`,
    seen: [],
    models,
    healthy: true,
    chat: true,
    tokenizer: undefined,
    hold: undefined,
    stream: undefined,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method = '', url = '', headers } = request
    sample.seen.push({ method, path: url, headers, body })
    const json = (status: number, value: object) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(value))
    }
    if (url === '/health') return void response.writeHead(sample.healthy ? 200 : 500).end()
    if (url === '/metrics') return void response.end('vllm:num_requests_running 0\n')
    if (url === '/v1/models') return json(200, { object: 'list', data: sample.models.map((id) => ({ id })) })
    const asked = JSON.parse(body || '{}')
    if (url === '/tokenize') {
      if (sample.tokenizer) return sample.tokenizer(response)
      if (asked.messages && !sample.chat) return json(400, NO_TEMPLATE)
      const text: string = asked.prompt ?? asked.messages.map(({ content }: { content: string }) => content).join(' ')
      return json(200, { count: text.split(' ').length })
    }
    if (!sample.models.includes(asked.model)) {
      return json(404, { error: { message: `The model ${asked.model} does not exist.`, type: 'NotFoundError' } })
    }
    if (sample.hold) return sample.hold(response)
    if (asked.stream) {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
      if (sample.stream) return sample.stream(response)
      response.end('data: {"n":1}\n\ndata: [DONE]\n\n')
      return
    }
    if (url === '/v1/chat/completions') {
      if (!sample.chat) return json(400, NO_TEMPLATE)
      return json(200, { choices: [{ message: { content: `${asked.model} says hello` }, finish_reason: 'stop' }] })
    }
    return json(200, { choices: [{ text: ` (by ${asked.model})`, finish_reason: 'length' }] })
  }
  return sample
}
