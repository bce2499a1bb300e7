import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseGuarded } from '#src/lib/json-guard.ts'
import type { Received } from '#src/runtime/bodies.ts'
import type { Caller } from './api-keys.ts'
import { READ_BOUNDS } from './bounds.ts'
import { answerHeaders, type Engine, field, requestHeaders } from './engine.ts'
import { openAiError, type Refusal, refuse } from './errors.ts'
import { noSuchModel } from './models.ts'

/**
 * What clients may reach of the engine, beside its list of models. Everything else is 404: vLLM also serves routes that load
 * any path as an adapter, put the engine to sleep or profile it, and warns against exposing them.
 */
export const PASSED: readonly { readonly method: 'GET' | 'POST'; readonly path: string }[] = [
  { method: 'GET', path: '/version' },
  { method: 'GET', path: '/metrics' },
  ...[
    '/v1/chat/completions',
    '/v1/completions',
    '/v1/embeddings',
    '/v1/responses',
    '/v1/messages',
    '/v1/messages/count_tokens',
    '/v1/score',
    '/v1/rerank',
    '/score',
    '/rerank',
    '/pooling',
    '/classify',
    '/tokenize',
    '/detokenize',
  ].map((path) => ({ method: 'POST' as const, path })),
]

type Passed = FastifyRequest<{ Body?: Received }>

/**
 * A handler that sends a request on as it is and streams the answer back piece by piece, server-sent events included. A caller
 * whose key is for some models only has its request read, and the engine gets what was read.
 */
export function passThrough(
  engine: Engine,
  { method, path }: (typeof PASSED)[number],
  callerOf: (request: FastifyRequest) => Caller | undefined,
) {
  return async (request: Passed, reply: FastifyReply) => {
    const hangUp = new AbortController()
    reply.raw.on('close', () => hangUp.abort())
    const received = request.body
    // The engine has it when its answer begins; that may go on for minutes, and this is done before.
    request.body = undefined
    try {
      const allowed = bodyFor(callerOf(request), received)
      if ('status' in allowed) return refuse(request, reply, allowed)
      const headers = requestHeaders(request.headers, request.id)
      // The path is ours, not the client's text: no spelling of it can reach another route of the engine.
      const answer = await engine.forward({ method, path, headers, ...allowed, signal: hangUp.signal })
      reply.code(answer.statusCode).headers(answerHeaders(answer.headers))
      if (/^text\/event-stream\b/.test(String(answer.headers['content-type']))) {
        reply.headers({ 'cache-control': 'no-cache', 'x-accel-buffering': 'no' })
        return reply.send(Readable.from(withLastWord(answer.body), { objectMode: false }))
      }
      return reply.send(answer.body)
    } catch (error) {
      if (hangUp.signal.aborted) return reply.hijack()
      throw error
    } finally {
      received?.release()
    }
  }
}

/** The body to send on. What is written anew has each key once: nothing is read one way here and another in the engine. */
function bodyFor(caller: Caller | undefined, received: Received | undefined): { readonly body?: Buffer } | Refusal {
  if (received === undefined) return {}
  if (caller?.models === undefined) return { body: received.bytes }
  const read = parseGuarded(received.bytes, READ_BOUNDS)
  if (!read.ok) return { status: 400, message: read.reason }
  const model = field(read.value, 'model')
  if (typeof model !== 'string') return { status: 400, message: 'say which model is asked: "model" is missing' }
  return caller.models.has(model) ? { body: Buffer.from(JSON.stringify(read.value)) } : noSuchModel(model)
}

/** A stream that the engine breaks off ends at once, with an event that says so: the client must not take it for the end. */
async function* withLastWord(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body
  } catch {
    const error = openAiError({ status: 503, message: 'the engine stopped in the middle of this answer' })
    yield Buffer.from(`\n\ndata: ${JSON.stringify(error)}\n\n`)
  }
}
