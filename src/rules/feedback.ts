import { type ComplaintType, type FieldError, renderError, shortPath } from '#src/lib/field-error.ts'
import { MAX_FINDINGS } from './run.ts'

/** One entry of a Kubernetes Status' details.causes. */
export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field: string
}

/** Longest warning that the apiserver passes on unshortened is 256 characters (all of them together: 4096). */
const MAX_WARNING = 256
const MAX_WARNINGS_TOTAL = 4096
/** Bytes of all that a refusal says of its errors, to people and to programs together. */
const MAX_TOLD = 7168

/**
 * The errors that a refusal tells: the first ones, at most 25 and as many as fit. Each is told twice, as a line and as a
 * cause, and the apiserver has to hold the answer.
 */
export function told(errors: readonly FieldError[]): readonly FieldError[] {
  let bytes = 0
  const first = errors.slice(0, MAX_FINDINGS)
  const tooMuch = first.findIndex((error) => {
    bytes += 2 * Buffer.byteLength(JSON.stringify(renderError(error))) + CAUSE_FRAME
    return bytes > MAX_TOLD
  })
  return tooMuch === -1 ? first : first.slice(0, Math.max(1, tooMuch))
}

/** Bytes of a cause beside its texts. */
const CAUSE_FRAME = 100

/** How many errors there are beside those that are told; empty where there are none. */
export const untold = (all: number, shown: number): string => (all > shown ? `… and ${all - shown} more` : '')

/** The errors for programs: editors and CI jump to `field`. */
export function causes(errors: readonly FieldError[]): StatusCause[] {
  return errors.map((error) => {
    const field = shortPath(error)
    return { reason: CAUSE[error.type], field, message: renderError(error).slice(field.length + 2) }
  })
}

/** The errors for people: one block, how many there are, then one line for each. */
export function refusalText(errors: readonly FieldError[]): string {
  const [only] = errors
  if (only === undefined) return ''
  if (errors.length === 1) return renderError(only)
  const shown = told(errors)
  const lines = shown.map((error) => `  - ${renderError(error)}`)
  const more = untold(errors.length, shown.length)
  return [`${errors.length} problems:`, ...lines, ...(more === '' ? [] : [`  ${more}`])].join('\n')
}

/** The warnings as kubectl shows them: one line each, none too long to be shown, the most that fit. */
export function warningLines(warnings: readonly FieldError[]): string[] {
  return fitWarnings(warnings.map(renderError))
}

/** Any lines, cut to what the apiserver passes on. */
export function fitWarnings(lines: readonly string[]): string[] {
  const shown: string[] = []
  let total = 0
  for (const line of new Set(lines.map((each) => shorten(each.replaceAll(/\s+/g, ' '))))) {
    total += line.length
    if (total > MAX_WARNINGS_TOTAL) break
    shown.push(line)
  }
  return shown
}

/** Kubernetes' own cause types where it has one; tools know these words. */
const CAUSE: Readonly<Record<ComplaintType, string>> = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  NotSupported: 'FieldValueNotSupported',
  Forbidden: 'FieldValueForbidden',
  Duplicate: 'FieldValueDuplicate',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  Immutable: 'FieldValueForbidden',
}

const shorten = (text: string) => (text.length <= MAX_WARNING ? text : `${text.slice(0, MAX_WARNING - 1)}…`)
