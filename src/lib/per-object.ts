/**
 * `compute`, at most once for each object: the result is kept for as long as the object is. Only for pure functions of
 * objects that nobody changes afterwards, and where many callers ask the same within one piece of work.
 */
export function perObject<K extends object, T>(compute: (key: K) => T): (key: K) => T {
  const results = new WeakMap<K, { readonly value: T }>()
  return (key) => {
    const known = results.get(key)
    if (known !== undefined) return known.value
    const value = compute(key)
    results.set(key, { value })
    return value
  }
}

/** As `perObject`, for a function of two objects. */
export function perPair<K extends object, L extends object, T>(compute: (first: K, second: L) => T) {
  const bySecond = perObject((first: K) => perObject((second: L) => compute(first, second)))
  return (first: K, second: L): T => bySecond(first)(second)
}
