/** How large a JSON value may be: the characters of its JSON, escapes not counted, and the values in it. */
export interface JsonSize {
  readonly characters: number
  readonly values: number
}

/** Is a JSON value larger than this? Stops at the first value too many, so that the answer costs no more than the limit. */
export function isLargerThan(value: unknown, { characters, values }: JsonSize): boolean {
  const left = { characters, values }
  return !fits(value, left)
}

function fits(value: unknown, left: { characters: number; values: number }): boolean {
  left.values--
  left.characters -= charactersOf(value)
  if (left.values < 0 || left.characters < 0) return false
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) {
    for (const each of value) if (!fits(each, left)) return false
    return true
  }
  // Not Object.entries: of a hundred thousand members the first ones suffice.
  for (const key in value) {
    left.characters -= key.length + QUOTES_AND_COLON
    if (!fits(Reflect.get(value, key), left)) return false
  }
  return true
}

/** With the comma or bracket after it. */
const charactersOf = (value: unknown) =>
  typeof value === 'string'
    ? value.length + 3
    : typeof value === 'object' && value !== null
      ? 3
      : 1 + String(value).length

const QUOTES_AND_COLON = 3
