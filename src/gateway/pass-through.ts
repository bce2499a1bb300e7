import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Received } from '#src/runtime/bodies.ts'
import { answerHeaders, type Engine, EngineError, requestHeaders } from './engine.ts'

/**
 * What clients may reach of the engine. Everything else is 404: vLLM also serves routes that load any path as an
 * adapter, put the engine to sleep or profile it, and warns against exposing them.
 */
export const PASSED: readonly { readonly method: 'GET' | 'POST'; readonly path: string }[] = [
  { method: 'GET', path: '/v1/models' },
  { method: 'GET', path: '/version' },
  { method: 'GET', path: '/metrics' },
  ...[
    '/v1/chat/completions',
    '/v1/completions',
    '/v1/embeddings',
    '/v1/responses',
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

/** A handler that sends a request on as it is and streams the answer back piece by piece, server-sent events included. */
export function passThrough(engine: Engine, method: 'GET' | 'POST', path: string) {
  return async (request: FastifyRequest<{ Body?: Received }>, reply: FastifyReply) => {
    const hangUp = new AbortController()
    reply.raw.on('close', () => hangUp.abort())
    const received = request.body
    // The engine has it when its answer begins; that may go on for minutes.
    request.body = undefined
    const body = received === undefined ? {} : { body: received.bytes }
    try {
      const headers = requestHeaders(request.headers)
      // The path is ours, not the client's text: no spelling of it can reach another route of the engine.
      const answer = await engine
        .forward({ method, path, headers, ...body, signal: hangUp.signal })
        .finally(() => received?.release())
      reply.code(answer.statusCode).headers(answerHeaders(answer.headers))
      if (/^text\/event-stream\b/.test(String(answer.headers['content-type']))) {
        reply.headers({ 'cache-control': 'no-cache', 'x-accel-buffering': 'no' })
        return reply.send(Readable.from(withLastWord(answer.body), { objectMode: false }))
      }
      return reply.send(answer.body)
    } catch (error) {
      if (hangUp.signal.aborted) return reply.hijack()
      if (!(error instanceof EngineError)) throw error
      return reply
        .code(503)
        .header('retry-after', '5')
        .send(openAiError(error.message, 'ServiceUnavailableError', 503))
    }
  }
}

/** A stream that the engine breaks off ends at once, with an event that says so: the client must not take it for the end. */
async function* withLastWord(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body
  } catch {
    const error = openAiError('the engine stopped in the middle of this answer', 'ServiceUnavailableError', 503)
    yield Buffer.from(`\n\ndata: ${JSON.stringify(error)}\n\n`)
  }
}

/** An error in OpenAI's shape, which its client libraries show to people. */
export function openAiError(message: string, type: string, code: number) {
  return { error: { message, type, param: null, code } }
}
