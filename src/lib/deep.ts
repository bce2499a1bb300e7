/** Freezes a JSON value and everything in it, in place, so that nobody can edit what a cache shares. Returns its argument. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  Object.freeze(value)
  for (const member of Object.values(value)) deepFreeze(member)
  return value
}

/** Equality of JSON values: key order does not matter, array order does; an absent key equals an `undefined` one. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((member, index) => deepEqual(member, b[index]))
  }
  return holdsAll(a, b) && definedKeys(a) === definedKeys(b)
}

/** Without a list of pairs or a Map: an object in question may have ten thousand members. */
function holdsAll(a: object, b: object): boolean {
  for (const key of Object.keys(a)) {
    const member: unknown = Reflect.get(a, key)
    if (member !== undefined && !(Object.hasOwn(b, key) && deepEqual(member, Reflect.get(b, key)))) return false
  }
  return true
}

function definedKeys(value: object): number {
  let count = 0
  for (const key of Object.keys(value)) if (Reflect.get(value, key) !== undefined) count++
  return count
}
