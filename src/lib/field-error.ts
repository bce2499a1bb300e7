/** What kind of complaint this is; the words follow Kubernetes' own `field.ErrorType`. */
export type ComplaintType =
  | 'Required'
  | 'Invalid'
  | 'NotSupported'
  | 'Forbidden'
  | 'Duplicate'
  | 'TooLong'
  | 'TooMany'
  | 'Immutable'

/**
 * One complaint about one field, as data. Wording for people happens once, in `renderError`.
 * - `path`   dotted path from the object's root, list items in brackets: `tuning.input.urls[0]`
 * - `value`  what was found there (absent when the field is missing)
 * - `detail` why it cannot work, a clause without a full stop
 * - `origin` the id of the rule that complained: tests and docs match on it, never on prose
 * - `fix`    what to write instead, an imperative clause
 * - `isForeign` the value stands in another object, which whoever reads the message may have no right to read: it is not shown
 */
export interface FieldError {
  readonly type: ComplaintType
  readonly path: string
  readonly value?: unknown
  readonly detail: string
  readonly origin: string
  readonly fix?: string
  readonly isForeign?: boolean
}

/** A complaint that has no rule id yet: `runRules` adds it, so that a rule cannot sign with another's name. */
export type Complaint = Omit<FieldError, 'origin'>

interface Rest {
  readonly fix?: string
}

export const required = (path: string, detail: string, rest: Rest = {}): Complaint => ({
  type: 'Required',
  path,
  detail,
  ...rest,
})
export const invalid = (path: string, value: unknown, detail: string, rest: Rest = {}): Complaint => ({
  type: 'Invalid',
  path,
  value,
  detail,
  ...rest,
})
export const notSupported = (path: string, value: unknown, detail: string, rest: Rest = {}): Complaint => ({
  type: 'NotSupported',
  path,
  value,
  detail,
  ...rest,
})
export const forbidden = (path: string, value: unknown, detail: string, rest: Rest = {}): Complaint => ({
  type: 'Forbidden',
  path,
  value,
  detail,
  ...rest,
})
export const duplicate = (path: string, value: unknown, detail: string, rest: Rest = {}): Complaint => ({
  type: 'Duplicate',
  path,
  value,
  detail,
  ...rest,
})
export const immutable = (path: string, value: unknown, detail: string, rest: Rest = {}): Complaint => ({
  type: 'Immutable',
  path,
  value,
  detail,
  ...rest,
})
export const tooMany = (path: string, value: unknown, detail: string, rest: Rest = {}): Complaint => ({
  type: 'TooMany',
  path,
  value,
  detail,
  ...rest,
})
export const tooLong = (path: string, value: unknown, detail: string, rest: Rest = {}): Complaint => ({
  type: 'TooLong',
  path,
  value,
  detail,
  ...rest,
})

/** As a complaint about what another object holds. */
export const foreign = (complaint: Complaint): Complaint => ({ ...complaint, isForeign: true })

/** One line for one complaint: `path: value: why; fix [rule]`. Long values are cut so that a message stays readable. */
export function renderError(error: FieldError): string {
  const value =
    error.value === undefined || error.isForeign
      ? ''
      : ` ${shorten(JSON.stringify(error.value) ?? 'undefined', MAX_VALUE)}:`
  const fix = error.fix === undefined ? '' : `; ${error.fix}`
  return `${shortPath(error)}:${value} ${shorten(`${error.detail}${fix}`, MAX_DETAIL)} [${error.origin}]`
}

/** A path may end in a key that somebody made up. */
export const shortPath = ({ path }: Pick<FieldError, 'path'>): string => shorten(path, MAX_PATH)

const MAX_PATH = 400
const MAX_VALUE = 120
const MAX_DETAIL = 1500
const shorten = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`)
