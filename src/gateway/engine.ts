import type { IncomingHttpHeaders } from 'node:http'
import { Agent, type Dispatcher, request } from 'undici'
import { parseJson } from '#src/lib/json.ts'

/** The inference engine behind the gateway. */
export interface Engine {
  /** Sends a request on; the body of the answer is a stream. `signal` aborts it, as a client that hangs up does. */
  forward(message: EngineRequest): Promise<Dispatcher.ResponseData>
  /** Asks for JSON; throws EngineError where there is no answer, in time or at all. */
  ask(path: string, options?: AskOptions): Promise<EngineAnswer>
  close(): Promise<void>
}

export interface EngineRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly signal: AbortSignal
}

/** With a body the request is a POST. `hangUp` aborts it; without `limitMs` the engine may take as long as for any answer. */
export interface AskOptions {
  readonly body?: object
  readonly limitMs?: number
  readonly hangUp?: AbortSignal
}

export interface EngineAnswer {
  readonly status: number
  readonly body: unknown
}

/** The engine did not answer: it is loading, or gone. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
}

export function openEngine(upstream: string, answerSeconds: number): Engine {
  const limit = answerSeconds * 1000
  const agent = new Agent({
    connect: { timeout: 5000 },
    headersTimeout: limit,
    bodyTimeout: limit,
    keepAliveTimeout: 4000,
  })
  return {
    forward: async ({ path, ...message }) => {
      try {
        return await request(`${upstream}${path}`, { ...message, dispatcher: agent })
      } catch (cause) {
        if (message.signal.aborted) throw cause
        throw new EngineError(describeFailure(cause), { cause })
      }
    },
    ask: async (path, { body, limitMs = limit, hangUp } = {}) => {
      const late = AbortSignal.timeout(limitMs)
      const signal = hangUp === undefined ? late : AbortSignal.any([late, hangUp])
      const json =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      try {
        const method = body === undefined ? 'GET' : 'POST'
        const answer = await request(`${upstream}${path}`, { method, ...json, dispatcher: agent, signal })
        const text = await answer.body.text()
        return { status: answer.statusCode, body: parseJson(text) }
      } catch (cause) {
        throw new EngineError(late.aborted ? `no answer within ${limitMs / 1000} s` : describeFailure(cause), { cause })
      }
    },
    close: () => agent.destroy(),
  }
}

/**
 * The headers of a client that concern the engine, and the id that the request has here. What else a client sends (cookies,
 * tokens) is not passed on.
 */
export function requestHeaders(headers: IncomingHttpHeaders, id: string): Record<string, string> {
  const passed = ['content-type', 'accept', 'anthropic-version', 'traceparent', 'tracestate'].flatMap((name) => {
    const value = headers[name]
    return typeof value === 'string' ? [[name, value]] : []
  })
  return { ...Object.fromEntries(passed), 'x-request-id': id }
}

/** The headers of an answer that concern the client: everything but those about the connection to the engine. */
export function answerHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || HOP_BY_HOP.has(name) ? [] : [[name, value]],
    ),
  )
}

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function describeFailure(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  if (code === 'ECONNREFUSED') return 'the engine does not listen yet: it is loading the model, or has stopped'
  if (code.endsWith('_TIMEOUT')) return `the engine did not answer in time (${code})`
  return `the engine broke the connection (${code})`
}

/** The engine's own words for why it did not answer. */
export function errorMessage({ status, body }: EngineAnswer): string {
  const message = field(field(body, 'error'), 'message') ?? field(body, 'message') ?? field(body, 'detail')
  return typeof message === 'string' ? message : `the engine answered ${status}`
}

export function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
}
