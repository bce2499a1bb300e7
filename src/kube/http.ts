import { setTimeout as delay } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type { Credentials } from './credentials.ts'
import { errorOfAnswer, KubeError, TOO_LARGE } from './errors.ts'

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path with a leading slash, made by `pathOf`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  readonly contentType?: string
  readonly accept?: string
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number
  /** Sending it twice does what sending it once does, so a broken connection may be tried again. */
  readonly repeatable?: boolean
}

/** How one attempt ended; `status` 0 means no answer. */
export interface CallReport {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly tookMs: number
}

export interface HttpOptions {
  readonly credentials: Credentials
  readonly userAgent: string
  /** Per attempt, for everything but watches. Default 30 s. */
  readonly timeoutMs?: number
  /** Attempts after the first. Default 4. */
  readonly retries?: number
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly random?: () => number
  readonly onCall?: (report: CallReport) => void
}

export interface Http {
  /** The text of a 2xx answer; anything else throws KubeError. */
  text(call: Call): Promise<string>
  /** The body of a 2xx answer as it arrives; the call ends when `signal` aborts or the reader stops. */
  stream(call: Call & { readonly signal: AbortSignal }): Promise<AsyncIterable<Buffer>>
}

/**
 * It is held three times while it is read, of a heap of 256 MiB. A page of 500 objects of 30 KiB each; one object is 3 MiB at
 * most. Lists ask for shorter pages where this is not enough.
 */
const maxAnswerBytes = 16 * 1024 * 1024
const maxRetryAfterMs = 30_000

/** HTTP to the API server with its credentials, time limits and its wishes about when to come back (Retry-After). */
export function createHttp(options: HttpOptions): Http {
  const { credentials, timeoutMs: defaultTimeoutMs = 30_000, retries = 4, random = Math.random, onCall } = options
  const sleep = options.sleep ?? ((ms, signal) => delay(ms, undefined, signal ? { signal } : {}))

  async function send(call: Call, signal: AbortSignal | undefined): Promise<Dispatcher.ResponseData> {
    const connection = await credentials.current()
    const startedAt = performance.now()
    const report = (status: number) =>
      onCall?.({ method: call.method, path: call.path, status, tookMs: performance.now() - startedAt })
    try {
      const answer = await connection.dispatcher.request({
        origin: connection.origin,
        path: connection.prefix + call.path + queryOf(call.query),
        method: call.method,
        headers: {
          ...connection.headers,
          accept: call.accept ?? 'application/json',
          'user-agent': options.userAgent,
          ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
        },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal: signal ?? null,
      })
      report(answer.statusCode)
      return answer
    } catch (cause) {
      report(0)
      throw unreachable(call, cause)
    }
  }

  async function attempt<T>(
    call: Call,
    signal: AbortSignal | undefined,
    read: (body: Dispatcher.ResponseData['body']) => T | Promise<T>,
  ): Promise<T> {
    const answer = await send(call, signal)
    if (answer.statusCode >= 200 && answer.statusCode < 300) return read(answer.body)
    const body = await readText(answer.body, call)
    throw errorOfAnswer(`${call.method} ${call.path}`, answer.statusCode, body, headerOf(answer.headers['retry-after']))
  }

  /** The time limit covers the answer's headers only: what follows lasts for as long as there is something to say. */
  async function opened(call: Call & { readonly signal: AbortSignal }): Promise<AsyncIterable<Buffer>> {
    const late = new AbortController()
    const ms = call.timeoutMs ?? defaultTimeoutMs
    const timer = setTimeout(() => late.abort(new Error(`no answer within ${ms} ms`)), ms)
    try {
      return await attempt(call, AbortSignal.any([call.signal, late.signal]), (body) => body)
    } finally {
      clearTimeout(timer)
    }
  }

  async function withRetries<T>(call: Call, once: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures++) {
      try {
        return await once()
      } catch (error) {
        if (!(error instanceof KubeError) || failures >= retries || call.signal?.aborted) throw error
        const waitMs = retryDelay(error, call, failures, random)
        if (waitMs === undefined) throw error
        if (error.status === 401) credentials.renew()
        await sleep(waitMs, call.signal)
      }
    }
  }

  return {
    text: (call) =>
      withRetries(call, () => {
        const timeout = AbortSignal.timeout(call.timeoutMs ?? defaultTimeoutMs)
        const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout
        return attempt(call, signal, (body) => readText(body, call))
      }),
    // A watch loop has its own patience, so its calls are not repeated here except for stale credentials.
    stream: async (call) => {
      try {
        return await opened(call)
      } catch (error) {
        if (error instanceof KubeError && error.status === 401) credentials.renew()
        throw error
      }
    },
  }
}

/**
 * Milliseconds to wait before trying again, or undefined not to. 429, and 5xx with Retry-After, mean that nothing was
 * done, so any call may be repeated (client-go's rule). No answer at all may have been a success: only repeatable calls.
 */
function retryDelay(error: KubeError, call: Call, failures: number, random: () => number): number | undefined {
  const asked = error.retryAfterMs
  if (asked !== undefined && (error.status === 429 || error.status >= 500)) {
    return Math.min(asked, maxRetryAfterMs) * (1 + 0.2 * random())
  }
  const growing = 200 * 2 ** failures * (1 + random())
  if (error.status === 429) return growing
  if (error.status === 401) return failures === 0 ? 0 : undefined
  if (call.repeatable && (error.status === 0 || (error.status >= 502 && error.status <= 504))) {
    // A server that is down stays down for longer than it is worth holding a worker for: two more tries.
    return failures < 2 ? growing : undefined
  }
  return undefined
}

async function readText(body: Dispatcher.ResponseData['body'], call: Call): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk)
      size += bytes.length
      if (size > maxAnswerBytes) throw tooLarge(call)
      chunks.push(bytes)
    }
  } catch (cause) {
    throw cause instanceof KubeError ? cause : unreachable(call, cause)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** With the status that came, so that it is not asked for again as it is. */
function tooLarge({ method, path }: Call): KubeError {
  const message = `${method} ${path}: the answer exceeds ${maxAnswerBytes} bytes`
  return new KubeError(message, { status: 200, reason: TOO_LARGE })
}

function unreachable(call: Call, cause: unknown): KubeError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new KubeError(`${call.method} ${call.path}: no answer: ${why}`, { status: 0, reason: 'Unreachable', cause })
}

function queryOf(query: Call['query']): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
