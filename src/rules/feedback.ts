import { type ComplaintType, type FieldError, renderError } from '#src/lib/field-error.ts'

/** One entry of a Kubernetes Status' details.causes. */
export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field: string
}

/** Longest warning that the apiserver passes on unshortened is 256 characters (all of them together: 4096). */
const MAX_WARNING = 256
const MAX_WARNINGS_TOTAL = 4096
/** A refusal with more problems than this is not read to its end. */
const MAX_SHOWN = 25

/** The errors for programs: editors and CI jump to `field`. */
export function causes(errors: readonly FieldError[]): StatusCause[] {
  return errors.map((error) => ({
    reason: CAUSE[error.type],
    field: error.path,
    message: renderError(error).slice(error.path.length + 2),
  }))
}

/** The errors for people: one block, how many there are, then one line for each. */
export function message(errors: readonly FieldError[]): string {
  const [only] = errors
  if (only === undefined) return ''
  if (errors.length === 1) return renderError(only)
  const lines = errors.slice(0, MAX_SHOWN).map((error) => `  - ${renderError(error)}`)
  const more = errors.length > MAX_SHOWN ? [`  … and ${errors.length - MAX_SHOWN} more`] : []
  return [`${errors.length} problems:`, ...lines, ...more].join('\n')
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
