import { isAbsolute } from 'node:path'
import { isJsonObject, parseJson } from '#src/lib/json.ts'

/** Typed access to the fields of a step's JSON. Faults are collected, not thrown, so that all are told at once. */
export type Fields = {
  text(key: string): string
  optionalText(key: string): string | undefined
  /** An absolute path without `..`. */
  folder(key: string): string
  optionalFolder(key: string): string | undefined
  /** A whole number above 0. */
  count(key: string): number
  /** A list of texts; absent means none, unless `required`. */
  texts(key: string, required?: 'required'): string[]
  /** An object of texts; absent means none. */
  record(key: string): Record<string, string>
  /** A list of objects, each read by `read`. */
  items<T>(key: string, read: (item: Fields) => T): T[]
  /** A finite number. */
  number(key: string): number
}

export type SpecResult<T> = { readonly ok: true; readonly spec: T } | { readonly ok: false; readonly message: string }

/** Reads the `KAITO_STEP` variable. */
export function readSpec<T>(json: string | undefined, read: (fields: Fields) => T): SpecResult<T> {
  const root = parseJson(json ?? '')
  if (!isJsonObject(root)) return { ok: false, message: 'KAITO_STEP does not hold a JSON object' }
  const faults: string[] = []
  const spec = read(fieldsOf(root, '', faults))
  return faults.length === 0 ? { ok: true, spec } : { ok: false, message: `KAITO_STEP: ${faults.join('; ')}` }
}

function fieldsOf(object: Record<string, unknown>, at: string, faults: string[]): Fields {
  const wrong = <T>(key: string, what: string, stand: T): T => {
    faults.push(`${at}${key} must be ${what}`)
    return stand
  }
  const value = (key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined)
  const fields: Fields = {
    text: (key) => {
      const found = value(key)
      return typeof found === 'string' && found !== '' ? found : wrong(key, 'a text', '')
    },
    optionalText: (key) => (value(key) === undefined ? undefined : fields.text(key)),
    folder: (key) => {
      const found = fields.text(key)
      return isAbsolute(found) && !found.split('/').includes('..') ? found : wrong(key, 'an absolute path', '')
    },
    optionalFolder: (key) => (value(key) === undefined ? undefined : fields.folder(key)),
    count: (key) => {
      const found = value(key)
      return typeof found === 'number' && Number.isSafeInteger(found) && found > 0
        ? found
        : wrong(key, 'a whole number above 0', 0)
    },
    number: (key) => {
      const found = value(key)
      return typeof found === 'number' && Number.isFinite(found) ? found : wrong(key, 'a finite number', 0)
    },
    texts: (key, required) => {
      const found = value(key) ?? (required ? undefined : [])
      const isList = Array.isArray(found) && found.every((item): item is string => typeof item === 'string')
      return isList && (required === undefined || found.length > 0) ? found : wrong(key, 'a list of texts', [])
    },
    record: (key) => {
      const found = value(key) ?? {}
      return isTexts(found) ? found : wrong(key, 'an object of texts', {})
    },
    items: (key, read) => {
      const found = value(key)
      if (!Array.isArray(found) || !found.every(isJsonObject)) return wrong(key, 'a list of objects', [])
      return found.map((item, i) => read(fieldsOf(item, `${at}${key}[${i}].`, faults)))
    },
  }
  return fields
}

function isTexts(value: unknown): value is Record<string, string> {
  return isJsonObject(value) && Object.values(value).every((item) => typeof item === 'string')
}
