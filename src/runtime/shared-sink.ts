import { keyOf, type Stored } from './store.ts'
import type { WatchSink } from './watch-loop.ts'

/** What it takes of a store to fill it bit by bit. */
export interface Fillable<T extends Stored> extends WatchSink<T> {
  readonly size: number
  all(): readonly Stored[]
  remove(object: Stored): void
}

/**
 * One sink for each namespace, into one store: where a kind may be listed in some namespaces only, it takes a watch for each.
 * The store holds its first list once every namespace has been listed; before that, absence would mean nothing.
 */
export function sharedSinks<T extends Stored>(
  store: Fillable<T>,
  namespaces: readonly string[],
): ReadonlyMap<string, WatchSink<T> & { readonly size: number }> {
  const unlisted = new Set(namespaces)
  const early = new Map<string, T>()
  const replace = (namespace: string, objects: readonly T[]) => {
    if (unlisted.size === 0) {
      const listed = new Set(objects.map(keyOf))
      for (const was of store.all())
        if (was.metadata.namespace === namespace && !listed.has(keyOf(was))) store.remove(was)
      for (const object of objects) store.put(object)
      return
    }
    for (const [key, { metadata }] of early) if (metadata.namespace === namespace) early.delete(key)
    for (const object of objects) early.set(keyOf(object), object)
    unlisted.delete(namespace)
    if (unlisted.size > 0) return
    store.replace([...early.values()])
    early.clear()
  }
  const sinkOf = (namespace: string) => ({
    get size() {
      return store.size
    },
    replace: (objects: readonly T[]) => replace(namespace, objects),
    put: (object: T) => (unlisted.size === 0 ? store.put(object) : void early.set(keyOf(object), object)),
    remove: (object: T) => (unlisted.size === 0 ? store.remove(object) : void early.delete(keyOf(object))),
  })
  return new Map(namespaces.map((namespace) => [namespace, sinkOf(namespace)]))
}
