import { type Clock, deadline } from './clock.ts'
import type { QueueItem, WorkQueue } from './workqueue.ts'

/** What a reconcile wants next: nothing until something changes, or to be called again after some milliseconds. */
export interface NextLook {
  readonly again?: number
}

export type Reconcile = (key: string, signal: AbortSignal) => Promise<NextLook>

/** How one reconcile ended, for metrics and logs. */
export type Report = { readonly key: string; readonly waitedMs: number; readonly tookMs: number } & (
  | { readonly outcome: 'done' }
  | { readonly outcome: 'again'; readonly afterMs: number }
  | { readonly outcome: 'failed'; readonly error: unknown; readonly afterMs: number; readonly failures: number }
)

export interface ControllerOptions {
  readonly reconcile: Reconcile
  readonly queue: WorkQueue
  readonly clock: Clock
  readonly workers?: number
  /** A reconcile is aborted after this long, so that one stuck call cannot hold a worker for ever. */
  readonly timeoutMs?: number
  readonly onReport?: (report: Report) => void
}

/**
 * Workers that take keys from a queue and reconcile them. Throwing means "try again later" with the key's backoff.
 */
export class Controller {
  readonly #options: ControllerOptions
  readonly #abort = new AbortController()
  #workers: Promise<void>[] = []

  constructor(options: ControllerOptions) {
    this.#options = options
  }

  /** Starts the workers. When `signal` aborts (leadership lost), reconciles under way are aborted too. */
  start(signal?: AbortSignal): void {
    const cutOff = () => {
      this.#abort.abort(signal?.reason)
      void this.#options.queue.close({ drop: true })
    }
    if (signal?.aborted) cutOff()
    else signal?.addEventListener('abort', cutOff, { once: true })
    const count = this.#options.workers ?? 4
    this.#workers = Array.from({ length: count }, () => this.#work())
  }

  /** Takes no more keys and waits for the reconciles under way. */
  async stop(): Promise<void> {
    await this.#options.queue.close({ drop: true })
    await Promise.all(this.#workers)
  }

  async #work(): Promise<void> {
    const { queue, onReport } = this.#options
    for (let item = await queue.next(); item !== undefined; item = await queue.next()) {
      const report = await this.#once(item)
      queue.done(item.key)
      onReport?.(report)
    }
  }

  async #once({ key, waitedMs }: QueueItem): Promise<Report> {
    const { reconcile, queue, clock, timeoutMs = 60_000 } = this.#options
    const startedAt = clock.now()
    const bounded = deadline(clock, timeoutMs, this.#abort.signal)
    try {
      const result = await reconcile(key, bounded.signal)
      queue.forget(key)
      const base = { key, waitedMs, tookMs: clock.now() - startedAt }
      if (result.again === undefined) return { ...base, outcome: 'done' }
      queue.addAfter(key, result.again)
      return { ...base, outcome: 'again', afterMs: result.again }
    } catch (error) {
      const base = { key, waitedMs, tookMs: clock.now() - startedAt, error }
      const afterMs = queue.addRateLimited(key)
      return { ...base, outcome: 'failed', afterMs, failures: queue.failures(key) }
    } finally {
      bounded.release()
    }
  }
}
