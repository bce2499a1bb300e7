import type { Page, WatchSource } from './watch-loop.ts'

/**
 * Every page of a list as one. Without a resourceVersion the answer is the newest state and cannot go back in time
 * after a failover. A page that is too large is asked for again at half its length, down to single objects: how large objects
 * are is up to those who make them. When the pages expire half-way (a list slower than etcd's compaction, 5 min), the rest is
 * worthless and the whole is read again in one piece; where that would be too much, the error is for the caller to begin again.
 */
export async function listAll<T>(source: WatchSource<T>, limit: number, signal: AbortSignal): Promise<Page<T>> {
  const items: T[] = []
  let size = limit
  let next: string | undefined
  for (;;) {
    try {
      const page = await source.list(next === undefined ? { limit: size } : { limit: size, next }, signal)
      items.push(...page.items)
      if (page.next === undefined) return { items, resourceVersion: page.resourceVersion }
      next = page.next
    } catch (error) {
      if (source.isTooLarge(error) && size > 1) size = Math.floor(size / 2)
      else if (source.isExpired(error) && next !== undefined && size === limit) return source.list({ limit: 0 }, signal)
      else throw error
    }
  }
}
