import type { Result } from '#src/lib/result.ts'
import type { ChatRequest } from './chat-request.ts'
import { chatTemplate } from './chat-template.ts'
import { type Engine, type EngineAnswer, errorMessage, field } from './engine.ts'

export type ChatAnswer = Result<
  { readonly text: string; readonly finishReason: string },
  string,
  { readonly status: number }
>

/** Answers `/chat` requests; one for the life of a gateway, since it learns whether the model has a chat template. */
export interface Chat {
  /** The answer by one model; `hangUp` stops it. Throws EngineError where the engine is away. */
  answer(request: ChatRequest, model: string, hangUp: AbortSignal): Promise<ChatAnswer>
}

/**
 * A prompt is what a person says to the model: where the model has a chat template it is put into that, as it was in
 * training, and `raw` gives it to the model as it is.
 */
export function createChat(engine: Engine, baseModel: string): Chat {
  const template = chatTemplate(engine, baseModel)
  return {
    async answer(request, model, hangUp) {
      const isPlain = request.kind === 'prompt' && (request.raw || !(await template.mayExist()))
      const messages = isPlain ? undefined : messagesOf(request)
      const limit = await newTokenLimit(engine, { request, messages, model }, hangUp)
      if (!limit.ok) return limit
      const common = { ...request.sampling.fields, model, max_tokens: limit.tokens }
      const answer =
        messages === undefined
          ? textOf(
              await engine.ask('/v1/completions', { body: { ...common, prompt: promptOf(request) }, hangUp }),
              (choice) => field(choice, 'text'),
            )
          : textOf(await engine.ask('/v1/chat/completions', { body: { ...common, messages }, hangUp }), messageText)
      if (!answer.ok || request.kind === 'messages' || !request.returnFullText) return answer
      // A completion goes on where the prompt ends; an answer begins a line of its own.
      return { ...answer, text: `${request.prompt}${messages === undefined ? '' : '\n'}${answer.text}` }
    },
  }
}

const messagesOf = (request: ChatRequest): readonly unknown[] =>
  request.kind === 'messages' ? request.messages : [{ role: 'user', content: request.prompt }]

const promptOf = (request: ChatRequest): string => (request.kind === 'prompt' ? request.prompt : '')

/** A model that thinks may have used all its tokens for that: then the thoughts are what there is. */
function messageText(choice: unknown): unknown {
  const message = field(choice, 'message')
  return field(message, 'content') ?? field(message, 'reasoning_content') ?? field(message, 'reasoning') ?? ''
}

type TokenLimit = Result<{ readonly tokens: number }, string, { readonly status: number }>

interface Asked {
  readonly request: ChatRequest
  readonly messages: readonly unknown[] | undefined
  readonly model: string
}

/** transformers' max_length counts the prompt, OpenAI's max_tokens does not: the engine's tokenizer tells the rest. */
async function newTokenLimit(
  engine: Engine,
  { request, messages, model }: Asked,
  hangUp: AbortSignal,
): Promise<TokenLimit> {
  const { maxNewTokens, maxLength } = request.sampling
  if (maxNewTokens !== undefined) return { ok: true, tokens: maxNewTokens }
  if (maxLength === undefined) return { ok: true, tokens: 200 }
  const body =
    messages === undefined && request.kind === 'prompt' ? { model, prompt: request.prompt } : { model, messages }
  const { status, body: counted } = await engine.ask('/tokenize', { body, hangUp })
  const count = field(counted, 'count')
  if (status !== 200 || typeof count !== 'number') return { ok: true, tokens: maxLength }
  if (count < maxLength) return { ok: true, tokens: maxLength - count }
  const reason = `the prompt has ${count} tokens and max_length, which counts them, is ${maxLength}; raise it or use max_new_tokens`
  return { ok: false, status: 400, reason }
}

function textOf(answer: EngineAnswer, read: (choice: unknown) => unknown): ChatAnswer {
  if (answer.status !== 200) {
    // A 5xx of the engine stays one; whatever it calls the client's fault stays that too.
    return { ok: false, status: answer.status, reason: errorMessage(answer) }
  }
  const choices = field(answer.body, 'choices')
  const choice = Array.isArray(choices) ? choices[0] : undefined
  const text = read(choice)
  const finishReason = field(choice, 'finish_reason')
  // What the engine counts as an answer is one, even without a word in it.
  return {
    ok: true,
    text: typeof text === 'string' ? text : '',
    finishReason: typeof finishReason === 'string' ? finishReason : 'unknown',
  }
}
