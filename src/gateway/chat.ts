import type { ChatRequest } from './chat-request.ts'
import type { Engine, EngineAnswer } from './engine.ts'

export type ChatAnswer =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly status: number; readonly detail: string }

/** Asks the engine for the answer to a `/chat` request by one model; `hangUp` stops it. Throws EngineError where the engine is away. */
export async function answerChat(
  engine: Engine,
  request: ChatRequest,
  model: string,
  hangUp: AbortSignal,
): Promise<ChatAnswer> {
  const limit = await newTokenLimit(engine, request, model, hangUp)
  if (!limit.ok) return limit
  const common = { ...request.sampling.fields, model, max_tokens: limit.tokens }
  if (request.kind === 'messages') {
    const body = { ...common, messages: request.messages }
    const answer = await engine.ask('/v1/chat/completions', { body, hangUp })
    return textOf(answer, (choice) => field(field(choice, 'message'), 'content'))
  }
  const answer = await engine.ask('/v1/completions', { body: { ...common, prompt: request.prompt }, hangUp })
  const text = textOf(answer, (choice) => field(choice, 'text'))
  return text.ok && request.returnFullText ? { ok: true, text: request.prompt + text.text } : text
}

type TokenLimit = { readonly ok: true; readonly tokens: number } | Extract<ChatAnswer, { ok: false }>

/** transformers' max_length counts the prompt, OpenAI's max_tokens does not: the engine's tokenizer tells the rest. */
async function newTokenLimit(
  engine: Engine,
  request: ChatRequest,
  model: string,
  hangUp: AbortSignal,
): Promise<TokenLimit> {
  const { maxNewTokens, maxLength } = request.sampling
  if (maxNewTokens !== undefined) return { ok: true, tokens: maxNewTokens }
  if (maxLength === undefined) return { ok: true, tokens: 200 }
  const body = request.kind === 'prompt' ? { model, prompt: request.prompt } : { model, messages: request.messages }
  const { status, body: counted } = await engine.ask('/tokenize', { body, hangUp })
  const count = field(counted, 'count')
  if (status !== 200 || typeof count !== 'number') return { ok: true, tokens: maxLength }
  if (count < maxLength) return { ok: true, tokens: maxLength - count }
  const detail = `the prompt has ${count} tokens and max_length, which counts them, is ${maxLength}; raise it or use max_new_tokens`
  return { ok: false, status: 400, detail }
}

function textOf(answer: EngineAnswer, read: (choice: unknown) => unknown): ChatAnswer {
  if (answer.status !== 200) {
    // A 5xx of the engine stays one; whatever it calls the client's fault stays that too.
    return { ok: false, status: answer.status, detail: errorMessage(answer) }
  }
  const choices = field(answer.body, 'choices')
  const text = read(Array.isArray(choices) ? choices[0] : undefined)
  if (typeof text === 'string') return { ok: true, text }
  return { ok: false, status: 502, detail: 'the engine answered without a text' }
}

function errorMessage({ status, body }: EngineAnswer): string {
  const message = field(field(body, 'error'), 'message') ?? field(body, 'message') ?? field(body, 'detail')
  return typeof message === 'string' ? message : `the engine answered ${status}`
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
}
