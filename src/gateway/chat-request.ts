import { isJsonObject } from '#src/lib/json.ts'
import type { Result } from '#src/lib/result.ts'
import { type GenerateKwargs, readGenerateKwargs, type Sampling } from './generate-kwargs.ts'

/** A `/chat` body that was understood. `model` is undefined where the default shall answer. */
export type ChatRequest = {
  readonly model: string | undefined
  readonly sampling: Sampling
  /** Parameters that the engine has no equal for; the answer names them in a header. */
  readonly ignored: readonly string[]
} & (
  | { readonly kind: 'prompt'; readonly prompt: string; readonly returnFullText: boolean; readonly raw: boolean }
  | { readonly kind: 'messages'; readonly messages: readonly unknown[] }
)

/** The reason is what the client reads as `detail`; 422 means a value of the wrong type, as FastAPI used to answer. */
export type ChatRequestResult = Result<{ readonly request: ChatRequest }, unknown, { readonly status: 400 | 422 }>

/** Reads the body of KAITO's `POST /chat`: a prompt, or messages, with transformers' generate parameters. */
export function readChatRequest(body: unknown): ChatRequestResult {
  if (!isJsonObject(body)) return wrongType([], 'Input should be a valid dictionary', 'model_attributes_type')
  const { prompt, messages, model, generate_kwargs: kwargs, return_full_text: full, prefix, raw } = body
  if (!isOptionalText(prompt)) return wrongType(['prompt'], 'Input should be a valid string', 'string_type')
  if (!isOptionalText(model)) return wrongType(['model'], 'Input should be a valid string', 'string_type')
  if (!isOptionalText(prefix)) return wrongType(['prefix'], 'Input should be a valid string', 'string_type')
  if (full !== undefined && full !== null && typeof full !== 'boolean') {
    return wrongType(['return_full_text'], 'Input should be a valid boolean', 'bool_type')
  }
  if (raw !== undefined && raw !== null && typeof raw !== 'boolean') {
    return wrongType(['raw'], 'Input should be a valid boolean', 'bool_type')
  }
  if (kwargs !== undefined && kwargs !== null && !isJsonObject(kwargs)) {
    return wrongType(['generate_kwargs'], 'Input should be a valid dictionary', 'dict_type')
  }
  if (messages !== undefined && messages !== null && !Array.isArray(messages)) {
    return wrongType(['messages'], 'Input should be a valid list', 'list_type')
  }
  const generate: GenerateKwargs = readGenerateKwargs(kwargs ?? {})
  if (!generate.ok) return wrongType(['generate_kwargs', generate.key], generate.reason, 'value_error')
  const common = { model: model || undefined, sampling: generate.sampling, ignored: generate.ignored }
  if (prompt) {
    const request = {
      ...common,
      kind: 'prompt' as const,
      prompt: `${prefix ?? ''}${prompt}`,
      returnFullText: full ?? true,
      raw: raw ?? false,
    }
    return { ok: true, request }
  }
  if (Array.isArray(messages)) {
    if (messages.length === 0) return { ok: false, status: 400, reason: 'Conversational parameter messages required' }
    return { ok: true, request: { ...common, kind: 'messages', messages } }
  }
  return { ok: false, status: 400, reason: 'Text generation parameter prompt required' }
}

/** The model that answers: the one asked for, else the only adapter, else the base model. */
export function chooseModel(asked: string | undefined, baseModel: string, adapters: readonly string[]): string {
  const [only, ...others] = adapters
  return asked ?? (only !== undefined && others.length === 0 ? only : baseModel)
}

function wrongType(where: readonly string[], message: string, type: string): ChatRequestResult {
  return { ok: false, status: 422, reason: [{ loc: ['body', ...where], msg: message, type }] }
}

function isOptionalText(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === 'string'
}
