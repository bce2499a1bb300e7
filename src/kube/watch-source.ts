import type { WatchSource } from '#src/runtime/watch-loop.ts'
import type { KubeClient, Selection } from './client.ts'
import { isGone, isTooLarge } from './errors.ts'
import type { ObjectOf } from './object-of.ts'
import type { Kind } from './resource.ts'

/** One kind as a watch loop wants it. */
export function watchSource<K extends Kind>(
  client: KubeClient,
  kind: K,
  selection: Selection = {},
): WatchSource<ObjectOf<K>> {
  return {
    list: (page, signal) => client.list(kind, selection, page, signal),
    watch: (from, signal) => client.watch(kind, selection, from, signal),
    isExpired: isGone,
    isTooLarge,
  }
}
