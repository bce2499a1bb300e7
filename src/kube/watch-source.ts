import type { KubeClient, KubeWatchEvent, ListPage, Selection } from './client.ts'
import { isGone } from './errors.ts'
import type { Kind } from './resource.ts'

/** One kind as a watch loop wants it: list a page, watch from a version, and tell when a version is too old. */
export interface KindSource {
  list(page: { limit: number; next?: string }, signal: AbortSignal): Promise<ListPage>
  watch(from: { resourceVersion: string; seconds: number }, signal: AbortSignal): AsyncGenerator<KubeWatchEvent>
  isExpired(error: unknown): boolean
}

export function watchSource(client: KubeClient, kind: Kind, selection: Selection = {}): KindSource {
  return {
    list: (page, signal) => client.list(kind, selection, page, signal),
    watch: (from, signal) => client.watch(kind, selection, from, signal),
    isExpired: isGone,
  }
}
