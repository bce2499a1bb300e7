import type { Page, WatchSource } from './watch-loop.ts'

/**
 * Every page of a list as one. Without a resourceVersion the answer is the newest state and cannot go back in time
 * after a failover. When the pages expire half-way (a list slower than etcd's compaction, 5 min), the rest is
 * worthless and the whole is read again in one piece.
 */
export async function listAll<T>(source: WatchSource<T>, limit: number, signal: AbortSignal): Promise<Page<T>> {
  const items: T[] = []
  let page = await source.list({ limit }, signal)
  items.push(...page.items)
  while (page.next !== undefined) {
    try {
      page = await source.list({ limit, next: page.next }, signal)
    } catch (error) {
      if (!source.isExpired(error)) throw error
      return source.list({ limit: 0 }, signal)
    }
    items.push(...page.items)
  }
  return { items, resourceVersion: page.resourceVersion }
}
