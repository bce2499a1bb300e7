import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { Agent, type Dispatcher, request } from 'undici'
import { backoffMs } from '#src/lib/backoff.ts'
import { defined } from '#src/lib/defined.ts'
import { assertUrlAllowed, guardedLookup } from './address-guard.ts'
import { adopted, isHome, type Trust } from './origins.ts'
import { connectionError, RegistryError } from './registry-error.ts'

export type TransportOptions = Trust & {
  /** Tries per request, the first included. */
  readonly attempts: number
  /** Longest silence, in ms, before the answer starts and between two pieces of a body. */
  readonly silenceMs: number
  /** Private hosts and ranges that may be contacted; leave out where the network is not guarded (a user's own pod). */
  readonly guard?: readonly string[]
  /** Certificates (PEM) to trust instead of those that Node knows. */
  readonly ca?: string
}

export interface TransportRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** Called once per try, since a stream can be sent once only. */
  readonly body?: () => Buffer | Readable
  /** Overrides the number of tries; 1 for a body whose upload session must be started anew. */
  readonly attempts?: number
}

/** An answer, and the address that it came from: after redirects not the one that was asked. */
export type TransportResponse = Dispatcher.ResponseData & { readonly from: URL }

/** HTTP with time limits, retries with backoff (5xx, 408, 429, broken connections) and wary redirects. */
export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>
  close(): Promise<void>
}

export const DEFAULT_TRANSPORT: TransportOptions = {
  insecureRegistries: [],
  tokenServices: [],
  attempts: 5,
  silenceMs: 60_000,
}

export function createTransport(options: TransportOptions): Transport {
  const agent = new Agent({
    connect: {
      timeout: 10_000,
      ...(options.guard && { lookup: guardedLookup(options.guard) }),
      ...(options.ca !== undefined && { ca: options.ca }),
    },
    headersTimeout: options.silenceMs,
    bodyTimeout: options.silenceMs,
  })
  return {
    send: (message) => sendWithRetries(agent, options, message),
    // Not `close`: a body that nobody finished reading would hold it for ever.
    close: () => agent.destroy(),
  }
}

/** Pause before try number `failures + 1`: 0.5 s doubling to 15 s, half of it random. */
export async function pauseBeforeRetry(failures: number, retryAfter?: string): Promise<void> {
  const asked = Number(retryAfter)
  const computed = backoffMs({ baseMs: 500, factor: 2, capMs: 15_000, jitter: 0.5 }, failures - 1, Math.random)
  await delay(Number.isFinite(asked) && asked > 0 ? Math.min(asked * 1000, 30_000) : computed)
}

async function sendWithRetries(
  agent: Agent,
  options: TransportOptions,
  message: TransportRequest,
): Promise<TransportResponse> {
  const attempts = message.attempts ?? options.attempts
  for (let attempt = 1; ; attempt++) {
    let retryAfter: string | undefined
    try {
      const response = await sendOnce(agent, options, message)
      if (!isRetriedStatus(response.statusCode) || attempt >= attempts) return response
      retryAfter = firstValue(response.headers['retry-after'])
      await response.body.dump({ limit: 65_536 })
    } catch (cause) {
      const error = connectionError(cause, message.url)
      if (!error.isTemporary || attempt >= attempts) throw error
    }
    await pauseBeforeRetry(attempt, retryAfter)
  }
}

async function sendOnce(
  agent: Agent,
  options: TransportOptions,
  message: TransportRequest,
): Promise<TransportResponse> {
  let { url, headers } = { url: message.url, headers: { ...message.headers } }
  for (let hop = 0; hop <= REDIRECT_LIMIT; hop++) {
    if (options.guard) guardUrl(url, options.guard)
    const body = message.body?.()
    const response = await request(url, {
      dispatcher: agent,
      method: message.method,
      headers: { 'user-agent': 'kaito-ts', ...headers },
      ...defined({ body }),
    })
    const location = firstValue(response.headers.location)
    const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode) && location !== undefined
    if (!isRedirect || (message.method !== 'GET' && message.method !== 'HEAD')) {
      return { ...response, from: url }
    }
    await response.body.dump({ limit: 65_536 })
    const next = adopted(location, url, options)
    // Blobs live in object stores behind signed URLs; the registry's credentials are not for them.
    if (!isHome(next, message.url)) headers = without(headers, 'authorization')
    url = next
  }
  throw new RegistryError('invalid', `${message.url.host} redirects more than ${REDIRECT_LIMIT} times`)
}

/** A header's only or first value. */
export function firstValue(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

const REDIRECT_LIMIT = 5

function guardUrl(url: URL, allow: readonly string[]): void {
  try {
    assertUrlAllowed(url, allow)
  } catch (cause) {
    throw new RegistryError('invalid', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function isRetriedStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501)
}

function without(headers: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key.toLowerCase() !== name))
}
