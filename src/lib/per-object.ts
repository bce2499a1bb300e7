/**
 * `compute`, at most once for each object: the result is kept for as long as the object is. Only for pure functions of
 * objects that live long and are not changed, such as a catalog.
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

/**
 * `compute`, once for as long as the same objects are asked about. Only for pure functions of objects that are not
 * changed, where many callers in a row ask the same. A WeakMap for objects that live as short as a review costs more in
 * garbage collection than it saves (measured: a tenth of the webhook's CPU, 100 MiB).
 */
export function lastOnly<A extends readonly object[], T>(compute: (...about: A) => T): (...about: A) => T {
  let last: { readonly about: A; readonly value: T } | undefined
  return (...about) => {
    if (last?.about.every((each, index) => each === about[index])) return last.value
    last = { about, value: compute(...about) }
    return last.value
  }
}
