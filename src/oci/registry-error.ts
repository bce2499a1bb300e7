/** What went wrong with a registry, in the words that decide what a caller does next. */
export type RegistryErrorKind =
  | 'denied'
  | 'not-found'
  | 'dns'
  | 'tls'
  | 'network'
  | 'timeout'
  | 'rate-limited'
  | 'unavailable'
  | 'too-large'
  | 'invalid'

export interface RegistryErrorOptions {
  readonly status?: number
  readonly words?: string | undefined
  readonly isUnsent?: boolean
  readonly cause?: unknown
}

/** A registry did not do what was asked. `message` is written for the person who named the image. */
export class RegistryError extends Error {
  readonly kind: RegistryErrorKind
  readonly status: number | undefined
  /** What the server itself said, without ours around it. */
  readonly words: string | undefined
  /** True where it refuses without having seen the login at hand: then that login may well be right. */
  readonly isUnsent: boolean

  constructor(kind: RegistryErrorKind, message: string, options: RegistryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RegistryError'
    this.kind = kind
    this.status = options.status
    this.words = options.words
    this.isUnsent = options.isUnsent === true
  }

  /** True where the same request may succeed later without anyone changing anything. */
  get isTemporary(): boolean {
    return TEMPORARY.has(this.kind)
  }
}

/** Turns a failure to talk (DNS, TLS, refused, timed out) into a RegistryError that names the host. */
export function connectionError(cause: unknown, url: URL): RegistryError {
  if (cause instanceof RegistryError) return cause
  const code = errorCode(cause)
  const host = url.host
  if (DNS_CODES.has(code)) return new RegistryError('dns', `the name ${host} does not resolve (${code})`, { cause })
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return new RegistryError('tls', `${host} speaks plain HTTP; list it as an insecure registry to allow that`, {
      cause,
    })
  }
  if (isTlsCode(code)) {
    return new RegistryError('tls', `the certificate of ${host} is not trusted (${code})`, { cause })
  }
  if (code.endsWith('_TIMEOUT') || code === 'ETIMEDOUT') {
    return new RegistryError('timeout', `${host} did not answer in time (${code})`, { cause })
  }
  return new RegistryError('network', `no connection to ${host} (${code})`, { cause })
}

/** The deepest `code` along the cause chain: undici wraps what the socket said. */
export function errorCode(error: unknown): string {
  let code = 'unknown error'
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = firstCause(at), depth++) {
    if ('code' in at && typeof at.code === 'string') code = at.code
    else if (depth === 0 && at.message !== '') code = at.message
  }
  return code
}

const TEMPORARY = new Set<RegistryErrorKind>(['dns', 'network', 'timeout', 'rate-limited', 'unavailable'])
const DNS_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA'])

function isTlsCode(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO)/.test(code)
}

function firstCause(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : error.cause
}
