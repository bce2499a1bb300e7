import { isJsonObject, parseJson } from '#src/lib/json.ts'

/**
 * Does somebody who owns these fields (`fieldsV1`, as the apiserver keeps it) own any that the value sets? What they set
 * besides is theirs to keep. See https://kubernetes.io/docs/reference/using-api/server-side-apply/ for the form of the keys.
 */
export function ownsPartOf(fields: unknown, value: unknown): boolean {
  if (value === undefined || !isJsonObject(fields)) return false
  const keys = Object.keys(fields)
  if (keys.length === 0) return true
  return keys.some((key) => {
    const name = key.slice(2)
    // `.` is the being there of a map or list item, which two may own without a quarrel.
    if (key.startsWith('f:')) return isJsonObject(value) && ownsPartOf(fields[key], value[name])
    if (!Array.isArray(value)) return false
    if (key.startsWith('v:')) return value.includes(parseJson(name))
    if (key.startsWith('k:'))
      return value.some((item) => isItem(item, parseJson(name)) && ownsPartOf(fields[key], item))
    return false
  })
}

/** The server fills in defaults (a port's protocol): a key that the item does not set is not held against it. */
const isItem = (item: unknown, keys: unknown): boolean =>
  isJsonObject(item) &&
  isJsonObject(keys) &&
  Object.entries(keys).every(([name, value]) => item[name] === undefined || item[name] === value)
