import { type BackoffPolicy, backoffMs, between, type Random } from '#src/lib/backoff.ts'
import { type Clock, deadline, pause } from './clock.ts'
import { listAll } from './list-all.ts'
import type { Stored } from './store.ts'
import { nextState, type WatchEnd, type WatchState } from './watch-state.ts'

export interface Page<T> {
  readonly items: readonly T[]
  readonly resourceVersion: string
  /** Token for the next page, if there is one. */
  readonly next?: string
}

export type WatchEvent<T> =
  | { readonly type: 'put' | 'remove'; readonly object: T }
  /** The server has accepted the watch; nothing has happened yet. */
  | { readonly type: 'open' }
  /** Nothing changed up to here; saves a relist after a quiet hour. */
  | { readonly type: 'bookmark'; readonly resourceVersion: string }

/** Where one kind comes from. Both calls throw on any failure; `watch` ends quietly when the server closes it. */
export interface WatchSource<T> {
  list(page: { limit: number; next?: string }, signal: AbortSignal): Promise<Page<T>>
  watch(from: { resourceVersion: string; seconds: number }, signal: AbortSignal): AsyncIterable<WatchEvent<T>>
  /** The server no longer has that resourceVersion or page (410 Gone, reason Expired): only a new list helps. */
  isExpired(error: unknown): boolean
  /** The page is more than may be read at once: only a smaller one helps. */
  isTooLarge(error: unknown): boolean
}

/** Where the objects go; `Store` is one. */
export interface WatchSink<T> {
  replace(objects: readonly T[]): void
  put(object: T): void
  remove(object: T): void
}

export interface WatchLoopOptions<T> {
  readonly source: WatchSource<T>
  readonly sink: WatchSink<T>
  readonly clock: Clock
  readonly random: Random
  readonly retry?: BackoffPolicy
  /** Objects per page; 500 is what kubectl and client-go use. */
  readonly pageSize?: number
  /** Milliseconds without any event before the connection is no longer trusted and the watch is opened anew. */
  readonly stalledMs?: number
  readonly listTimeoutMs?: number
  readonly onError?: (error: unknown, state: WatchState) => void
  readonly onState?: (state: WatchState) => void
}

/** client-go's reflector waits 0.8 to 30 s; ours starts at 0.5 s so that an apiserver's restart is noticed at once. */
export const watchRetry: BackoffPolicy = { baseMs: 500, factor: 2, capMs: 30_000, jitter: 0.5 }

/**
 * Bookmarks come every 60 to 75 s where they come at all: a kind without changes gets none unless etcd reports progress
 * often, which it does not by default. Silence is therefore no error, but it looks like a dead network; a new watch from
 * the same place costs one request and tells the two apart.
 */
const defaultStalledMs = 90_000

/**
 * Keeps a sink equal to the server: list, watch, and begin again after any error whatsoever, until `signal` aborts.
 * A loop that gives up is a controller that looks healthy and does nothing, so no error ends it.
 */
export class WatchLoop<T extends Stored> {
  readonly #options: WatchLoopOptions<T>
  #state: WatchState = { kind: 'listing', failures: 0 }
  #lastHeard: number

  constructor(options: WatchLoopOptions<T>) {
    this.#options = options
    this.#lastHeard = options.clock.now()
  }

  get state(): WatchState {
    return this.#state
  }

  /** Seconds since the server last said anything, bookmarks included: the gauge to alert on. */
  get silentSeconds(): number {
    return (this.#options.clock.now() - this.#lastHeard) / 1000
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = this.#state
      const outcome = await this.#step(before, signal)
      if (signal.aborted) break
      if (outcome.kind === 'failed' || outcome.kind === 'expired') this.#options.onError?.(outcome.error, before)
      this.#enter(nextState(before, outcome))
    }
    this.#enter({ kind: 'stopped' })
  }

  #enter(state: WatchState): void {
    this.#state = state
    this.#options.onState?.(state)
  }

  async #step(state: WatchState, signal: AbortSignal): Promise<WatchEnd> {
    try {
      if (state.kind === 'listing') return await this.#list(signal)
      if (state.kind === 'watching') return await this.#watch(state.resourceVersion, signal)
      if (state.kind === 'waiting') {
        const { clock, random, retry = watchRetry } = this.#options
        await pause(clock, backoffMs(retry, state.failures - 1, random), signal)
      }
      return { kind: 'waited' }
    } catch (error) {
      return { kind: this.#options.source.isExpired(error) ? 'expired' : 'failed', error }
    }
  }

  async #list(signal: AbortSignal): Promise<WatchEnd> {
    const { source, sink, clock, pageSize = 500, listTimeoutMs = 60_000 } = this.#options
    const bounded = deadline(clock, listTimeoutMs, signal)
    try {
      const { items, resourceVersion } = await listAll(source, pageSize, bounded.signal)
      this.#heard()
      sink.replace(items)
      return { kind: 'listed', resourceVersion }
    } finally {
      bounded.release()
    }
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<WatchEnd> {
    const { source, sink, clock, random, stalledMs = defaultStalledMs } = this.#options
    // 4 to 5 minutes, so that the watches of many replicas do not all reconnect in the same second.
    const seconds = Math.round(between(240, 300, random))
    const watchdog = new Watchdog(clock, stalledMs, signal)
    const startedAt = clock.now()
    let at = resourceVersion
    let opened = false
    let heard = false
    try {
      for await (const event of source.watch({ resourceVersion, seconds }, watchdog.signal)) {
        watchdog.feed()
        this.#heard()
        opened = true
        if (event.type === 'open') continue
        heard = true
        if (event.type === 'put') sink.put(event.object)
        else if (event.type === 'remove') sink.remove(event.object)
        at = (event.type === 'bookmark' ? event.resourceVersion : event.object.metadata.resourceVersion) ?? at
      }
      if (watchdog.signal.aborted) throw watchdog.signal.reason
      // One that closes at once, again and again, must be slowed down like a failing one.
      return { kind: 'closed', resourceVersion: at, healthy: opened && clock.now() - startedAt >= 1_000 }
    } catch (error) {
      if (source.isExpired(error)) throw error
      if (watchdog.signal.aborted && opened) return { kind: 'closed', resourceVersion: at, healthy: true }
      return { kind: 'failed', error, resourceVersion: at, healthy: heard }
    } finally {
      watchdog.stop()
    }
  }

  #heard(): void {
    this.#lastHeard = this.#options.clock.now()
  }
}

/** Aborts its signal when it was not fed for `ms`: a half-open TCP connection raises no error by itself. */
class Watchdog {
  readonly #clock: Clock
  readonly #ms: number
  readonly #controller = new AbortController()
  readonly #parent: AbortSignal
  readonly #onParent = () => this.#controller.abort(this.#parent.reason)
  #cancel: () => void
  #fedAt: number

  constructor(clock: Clock, ms: number, parent: AbortSignal) {
    this.#clock = clock
    this.#ms = ms
    this.#parent = parent
    parent.addEventListener('abort', this.#onParent, { once: true })
    this.#fedAt = clock.now()
    this.#cancel = clock.after(ms, () => this.#check())
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Only notes the time: re-arming a timer per event would cost more than the event. */
  feed(): void {
    this.#fedAt = this.#clock.now()
  }

  stop(): void {
    this.#cancel()
    this.#parent.removeEventListener('abort', this.#onParent)
  }

  #check(): void {
    const left = this.#fedAt + this.#ms - this.#clock.now()
    if (left <= 0) this.#controller.abort(new Error(`the watch was silent for ${this.#ms} ms`))
    else this.#cancel = this.#clock.after(left, () => this.#check())
  }
}
