import { type FileHandle, open, rename } from 'node:fs/promises'
import type { Agent } from 'undici'
import { request } from 'undici'
import type { FetchEnd } from '#src/contract/fetch.ts'
import type { Result } from '#src/lib/result.ts'
import { assertUrlAllowed, BlockedAddressError } from '#src/oci/address-guard.ts'
import { type RunningDigest, startDigest } from '#src/oci/digest.ts'
import { isTooSlow, type Pace } from '#src/oci/pace.ts'
import { connectionError } from '#src/oci/registry-error.ts'
import { firstValue, pauseBeforeRetry } from '#src/oci/transport.ts'
import type { ByteProgress } from '../progress.ts'
import { judgeAnswer } from './response-check.ts'

export interface DownloadOptions {
  /** Connects only to addresses that were checked (see guardedLookup). */
  readonly agent: Agent
  readonly allowPrivate: readonly string[]
  /** Most bytes this file may have. */
  readonly maxBytes: number
  /** Failures in a row without any progress that end the download. */
  readonly attempts: number
  readonly progress: ByteProgress
  readonly pace: Pace
  /** When all files must be there, on the clock of `performance.now`. */
  readonly until: number
}

export type DownloadResult = Result<
  { readonly bytes: number; readonly sha256: string },
  FetchEnd,
  { readonly message: string }
>

/** Downloads to `path` by way of `path.part`, so that a file under its final name is always whole. */
export async function download(url: URL, path: string, options: DownloadOptions): Promise<DownloadResult> {
  const part = `${path}.part`
  const file = await open(part, 'w', 0o644)
  const state: State = {
    file,
    received: 0,
    digest: startDigest(),
    announced: 0,
    validator: undefined,
    startedAt: performance.now(),
  }
  try {
    for (let failures = 0; ; ) {
      const before = state.received
      const attempt = await tryOnce(url, state, options)
      if (attempt.kind === 'stop') return { ok: false, reason: attempt.reason, message: attempt.message }
      if (attempt.kind === 'done') break
      failures = state.received > before ? 1 : failures + 1
      if (failures >= options.attempts) {
        return { ok: false, reason: 'DatasetUnreachable', message: `${attempt.message} (tried ${failures} times)` }
      }
      const late = tooLate(state, options)
      if (late !== undefined) return { ok: false, reason: 'DatasetUnreachable', message: late }
      await pauseBeforeRetry(failures, attempt.retryAfter)
    }
    if (state.received === 0) return { ok: false, reason: 'DatasetInvalid', message: 'the file is empty' }
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(part, path)
  return { ok: true, bytes: state.received, sha256: state.digest.finish().slice('sha256:'.length) }
}

interface State {
  readonly file: FileHandle
  received: number
  digest: RunningDigest
  /** What was announced to the progress lines. */
  announced: number
  /** The ETag or date of the version whose bytes are kept; without one a broken download starts over. */
  validator: string | undefined
  readonly startedAt: number
}

type Attempt =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly message: string; readonly retryAfter?: string | undefined }
  | { readonly kind: 'stop'; readonly reason: FetchEnd; readonly message: string }

const REDIRECT_LIMIT = 10

async function tryOnce(start: URL, state: State, options: DownloadOptions): Promise<Attempt> {
  let url = start
  if (state.validator === undefined) await restart(state, options.progress)
  try {
    // Every try follows the redirects anew: the signed URL they end in may have run out.
    for (let hop = 0; hop <= REDIRECT_LIMIT; hop++) {
      assertUrlAllowed(url, options.allowPrivate)
      const step = await visit(url, state, options)
      if (step.kind !== 'redirect') return step
      const next = URL.parse(step.location, url.href)
      if (next === null) return stop('DatasetUnreachable', `${url.host} redirects to something that is not a URL`)
      if (url.protocol === 'https:' && next.protocol === 'http:') {
        return stop(
          'DatasetUnreachable',
          `${url.host} redirects from https to http (${next.host}), which is not followed`,
        )
      }
      url = next
    }
    return stop('DatasetUnreachable', `more than ${REDIRECT_LIMIT} redirects`)
  } catch (error) {
    return judgeError(error, url, start)
  }
}

async function visit(
  url: URL,
  state: State,
  options: DownloadOptions,
): Promise<Attempt | { readonly kind: 'redirect'; readonly location: string }> {
  const range = state.received > 0 && state.validator !== undefined
  const headers = {
    'user-agent': 'kaito-ts',
    'accept-encoding': 'identity',
    ...(range && { range: `bytes=${state.received}-`, 'if-range': state.validator }),
  }
  const answer = await request(url, { dispatcher: options.agent, headers })
  const header = (name: string) => firstValue(answer.headers[name])
  const verdict = judgeAnswer({ status: answer.statusCode, header }, range ? state.received : 0)
  if (verdict.kind !== 'read') {
    // Not awaited to the end: a hostile body could last for ever.
    answer.body.on('error', () => undefined).destroy()
    if (verdict.kind !== 'restart') return verdict
    await restart(state, options.progress)
    return { kind: 'retry', message: 'the server no longer has the version whose first part was read' }
  }
  if (!verdict.append) await restart(state, options.progress)
  state.validator = validatorOf(header)
  if (verdict.expected !== undefined && verdict.expected > options.maxBytes) {
    answer.body.on('error', () => undefined).destroy()
    return tooLarge(options, verdict.expected)
  }
  if (verdict.expected !== undefined && !verdict.append) {
    options.progress.expect(verdict.expected)
    state.announced = verdict.expected
  }
  for await (const chunk of answer.body) {
    if (state.received + chunk.length > options.maxBytes) return tooLarge(options)
    // By position: a truncated file keeps its old one, and would begin with a hole.
    await state.file.writev([chunk], state.received)
    state.digest.update(chunk)
    state.received += chunk.length
    options.progress.add(chunk.length)
    const late = tooLate(state, options)
    if (late !== undefined) return stop('DatasetUnreachable', late)
  }
  const complete = verdict.expected === undefined || state.received === verdict.expected
  if (complete) return { kind: 'done' }
  return { kind: 'retry', message: `the connection ended after ${state.received} of ${verdict.expected} bytes` }
}

async function restart(state: State, progress: ByteProgress): Promise<void> {
  progress.expect(-state.announced)
  state.announced = 0
  if (state.received === 0) return
  await state.file.truncate(0)
  progress.add(-state.received)
  state.received = 0
  state.digest = startDigest()
  state.validator = undefined
}

/** Only a strong ETag, or else a date, promises that the rest belongs to the same bytes (RFC 9110, If-Range). */
function validatorOf(header: (name: string) => string | undefined): string | undefined {
  const etag = header('etag')
  return etag?.startsWith('"') ? etag : header('last-modified')
}

function judgeError(error: unknown, url: URL, start: URL): Attempt {
  const blocked = findBlocked(error)
  if (blocked !== undefined) {
    const via = url.href === start.href ? '' : ` (after a redirect to ${url.host})`
    return stop('DatasetUnreachable', `refused${via}: ${blocked.message}`)
  }
  const failure = connectionError(error, url)
  if (failure.kind === 'tls') return stop('DatasetUnreachable', failure.message)
  return { kind: 'retry', message: failure.message }
}

function findBlocked(error: unknown): BlockedAddressError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof BlockedAddressError) return at
  }
  return undefined
}

/** Why there is no point in going on: whoever sends a byte a minute is heard for as long as this allows, and no longer. */
function tooLate({ received, startedAt }: State, { pace, until }: DownloadOptions): string | undefined {
  const now = performance.now()
  const seconds = Math.round((now - startedAt) / 1000)
  if (isTooSlow(received, now - startedAt, pace)) {
    return `the host is too slow: ${received} bytes in ${seconds} s, and ${pace.bytesPerSecond} bytes a second are the least`
  }
  return now > until
    ? `the dataset is not there after all the time that it may take (${received} bytes of this file)`
    : undefined
}

function tooLarge(options: DownloadOptions, size?: number): Attempt {
  const has = size === undefined ? 'it' : `its ${size} bytes`
  return stop('DatasetInvalid', `${has} would pass the limit of ${options.maxBytes} bytes left for this dataset`)
}

function stop(reason: FetchEnd, message: string): Attempt {
  return { kind: 'stop', reason, message }
}
