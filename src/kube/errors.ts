import { defined } from '#src/lib/defined.ts'
import { isJsonObject, parseJsonObject } from '#src/lib/json.ts'

/** The parts of a Kubernetes `Status` that callers look at. */
export interface KubeErrorFields {
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  /** Kubernetes' reason such as `Conflict`, or `Unreachable` when no answer came. */
  readonly reason: string
  readonly details?: unknown
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** Any failure of a call to the API server, be it its own answer or no answer at all. */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly status: number
  readonly reason: string
  readonly details: unknown
  readonly retryAfterMs: number | undefined

  constructor(message: string, fields: KubeErrorFields) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.status = fields.status
    this.reason = fields.reason
    this.details = fields.details
    this.retryAfterMs = fields.retryAfterMs
  }
}

/** Our own reason, for an answer that was not read to its end. */
export const TOO_LARGE = 'AnswerTooLarge'

export const isNotFound = (error: unknown): boolean => hasStatus(error, 404)
/** 409 for any cause: a stale resourceVersion, a uid that no longer fits, another field manager, a name in use. */
export const isConflict = (error: unknown): boolean => hasStatus(error, 409)
/** The resourceVersion or page token is older than the server remembers. */
export const isGone = (error: unknown): boolean => hasStatus(error, 410) || hasReason(error, 'Expired')
/** The answer was more than is read of one. */
export const isTooLarge = (error: unknown): boolean => hasReason(error, TOO_LARGE)
export const isForbidden = (error: unknown): boolean => hasStatus(error, 403)
/** No answer, or one that is about the server and not about the request. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof KubeError && (error.status === 0 || error.status === 429 || error.status >= 500)
export const isInvalid = (error: unknown): boolean => hasStatus(error, 422)

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof KubeError && error.status === status
}

function hasReason(error: unknown, reason: string): boolean {
  return error instanceof KubeError && error.reason === reason
}

/** Builds the error for an answer that is not 2xx, from its body if that is a `Status`, else from its text. */
export function errorOfAnswer(what: string, status: number, body: string, retryAfter?: string): KubeError {
  const parsed = statusOf(body)
  const retryAfterMs = retryAfterOf(retryAfter) ?? secondsOf(parsed?.['details'])
  return new KubeError(`${what}: ${text(parsed?.['message']) ?? (body.slice(0, 500) || `HTTP ${status}`)}`, {
    status,
    reason: text(parsed?.['reason']) ?? `Http${status}`,
    details: parsed?.['details'],
    ...defined({ retryAfterMs }),
  })
}

/** Builds the error for a `Status` sent inside a watch, whose HTTP status was 200 long before. */
export function errorOfStatus(what: string, object: unknown): KubeError {
  const status = isJsonObject(object) && typeof object['code'] === 'number' ? object['code'] : 500
  return errorOfAnswer(what, status, JSON.stringify(object))
}

function statusOf(body: string): Record<string, unknown> | undefined {
  const parsed = parseJsonObject(body)
  return parsed?.['kind'] === 'Status' ? parsed : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Seconds only: the API server never sends the date form. */
function retryAfterOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined
}

function secondsOf(details: unknown): number | undefined {
  const seconds = isJsonObject(details) ? details['retryAfterSeconds'] : undefined
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined
}
