import type { FetchEnd } from '#src/contract/fetch.ts'

/** What to do with an answer's status and headers before any of its body is used. */
export type Judged =
  | { readonly kind: 'read'; readonly append: boolean; readonly expected: number | undefined }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'restart' }
  | { readonly kind: 'retry'; readonly message: string; readonly retryAfter: string | undefined }
  | { readonly kind: 'stop'; readonly reason: FetchEnd; readonly message: string }

export interface AnswerHead {
  readonly status: number
  readonly header: (name: string) => string | undefined
}

/** `offset` is the number of bytes kept from earlier tries: above 0, a Range was asked for. */
export function judgeAnswer({ status, header }: AnswerHead, offset: number): Judged {
  const location = header('location')
  if ([301, 302, 303, 307, 308].includes(status) && location !== undefined) return { kind: 'redirect', location }
  if (status === 416 && offset > 0) return { kind: 'restart' }
  if (status === 200) return judgeBody(header, false, lengthOf(header))
  if (status === 206 && offset > 0) {
    if (header('content-range')?.startsWith(`bytes ${offset}-`) !== true) return { kind: 'restart' }
    const rest = lengthOf(header)
    return judgeBody(header, true, rest === undefined ? undefined : offset + rest)
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: 'retry', message: `the server answered ${status}`, retryAfter: header('retry-after') }
  }
  return { kind: 'stop', reason: 'DatasetUnreachable', message: statusMessage(status) }
}

function judgeBody(header: AnswerHead['header'], append: boolean, expected: number | undefined): Judged {
  const encoding = header('content-encoding') ?? 'identity'
  if (encoding !== 'identity') {
    const message = `the server sends the file with Content-Encoding ${encoding} although none was asked for; store it without`
    return { kind: 'stop', reason: 'DatasetInvalid', message }
  }
  if (/^text\/html\b/i.test(header('content-type') ?? '')) {
    const message =
      'the server sent a web page instead of a file; link to the file itself (on Hugging Face: /resolve/ instead of /blob/)'
    return { kind: 'stop', reason: 'DatasetInvalid', message }
  }
  return { kind: 'read', append, expected }
}

function lengthOf(header: AnswerHead['header']): number | undefined {
  const length = Number(header('content-length') ?? Number.NaN)
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined
}

function statusMessage(status: number): string {
  if (status === 401 || status === 403) {
    return `the server refuses access (${status}); use a public or a signed URL that is still valid`
  }
  if (status === 404 || status === 410) return `the file does not exist (${status}); check the URL`
  return `the server answered ${status}`
}
