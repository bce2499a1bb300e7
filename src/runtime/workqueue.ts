import { type BackoffPolicy, backoffMs, type Random } from '#src/lib/backoff.ts'
import type { Clock } from './clock.ts'
import { DelayHeap } from './delay-heap.ts'

/** 100 ms doubling to 2 min: quick enough for a conflict, slow enough for a cluster that is down. */
export const defaultRetry: BackoffPolicy = { baseMs: 100, factor: 2, capMs: 120_000, jitter: 0.3 }

export interface WorkQueueOptions {
  readonly clock: Clock
  readonly random: Random
  readonly retry?: BackoffPolicy
  /** Called when the number of waiting keys changes and when keys are added, for gauges and counters. */
  readonly onDepth?: (depth: number) => void
  readonly onAdd?: () => void
}

/** A key that was handed out, and how long it had waited. */
export interface QueueItem {
  readonly key: string
  readonly waitedMs: number
}

/** Of keys that are in no hurry one gets its turn after so many that are. */
const TURNS = 4

/**
 * Keys in order of arrival, those first that are in a hurry. Four promises: a key is never handed out twice at once; adding a key that waits changes
 * nothing; adding one that is being handled hands it out once more afterwards; closing lets `next` run dry.
 */
export class WorkQueue {
  readonly #clock: Clock
  readonly #random: Random
  readonly #retry: BackoffPolicy
  readonly #onDepth: (depth: number) => void
  readonly #onAdd: () => void
  readonly #delayed: DelayHeap
  /** Insertion order is the order of service; the value is when the key was added. */
  readonly #waiting = new Map<string, number>()
  /** The same, of keys in no hurry. A key is in one of the two at most. */
  readonly #patient = new Map<string, number>()
  #turn = 0
  readonly #busy = new Set<string>()
  readonly #addedWhileBusy = new Map<string, number>()
  readonly #failures = new Map<string, number>()
  readonly #takers: ((item: QueueItem | undefined) => void)[] = []
  readonly #idle: (() => void)[] = []
  #closed = false

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock
    this.#random = options.random
    this.#retry = options.retry ?? defaultRetry
    this.#onDepth = options.onDepth ?? (() => {})
    this.#onAdd = options.onAdd ?? (() => {})
    this.#delayed = new DelayHeap(options.clock, (key) => this.add(key))
  }

  /** Keys ready to be handed out; neither delayed ones nor those being handled. */
  get depth(): number {
    return this.#waiting.size + this.#patient.size
  }

  get delayed(): number {
    return this.#delayed.size
  }

  /** How often this key was re-added by `addRateLimited` since it was last forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  add(key: string): void {
    if (this.#closed) return
    this.#onAdd()
    if (this.#busy.has(key)) {
      if (!this.#addedWhileBusy.has(key)) this.#addedWhileBusy.set(key, this.#clock.now())
      return
    }
    if (this.#waiting.has(key)) return
    const since = this.#patient.get(key)
    this.#patient.delete(key)
    this.#offer(key, since ?? this.#clock.now())
  }

  /** For a key among thousands to which something small has happened: what is added by `add` goes first. */
  addPatiently(key: string): void {
    if (this.#closed) return
    if (this.#busy.has(key) || this.#takers.length > 0) {
      this.add(key)
      return
    }
    this.#onAdd()
    if (this.#waiting.has(key) || this.#patient.has(key)) return
    this.#patient.set(key, this.#clock.now())
    this.#onDepth(this.depth)
  }

  addAfter(key: string, ms: number): void {
    if (this.#closed) return
    if (ms <= 0) this.add(key)
    else this.#delayed.add(key, ms)
  }

  /** Re-adds after the key's own backoff and counts one failure. Returns the delay in milliseconds. */
  addRateLimited(key: string): number {
    const failures = this.failures(key)
    this.#failures.set(key, failures + 1)
    const ms = backoffMs(this.#retry, failures, this.#random)
    this.addAfter(key, ms)
    return ms
  }

  /** The key did well: its next failure waits the base delay again. */
  forget(key: string): void {
    this.#failures.delete(key)
  }

  /** The next key, waiting for one if need be; undefined once the queue is closed and dry. Pair each with `done`. */
  next(): Promise<QueueItem | undefined> {
    const item = this.#take()
    if (item !== undefined) return Promise.resolve(item)
    if (this.#closed) return Promise.resolve(undefined)
    return new Promise((resolve) => this.#takers.push(resolve))
  }

  done(key: string): void {
    if (!this.#busy.delete(key)) return
    const addedAt = this.#addedWhileBusy.get(key)
    this.#addedWhileBusy.delete(key)
    if (addedAt !== undefined) this.#offer(key, addedAt)
    this.#settle()
  }

  /**
   * Refuses new keys and forgets delayed ones. Keys that wait are still handed out unless `drop` is set (a periodic
   * resync or the next leader finds them again). Resolves when nothing waits and nothing is being handled.
   */
  close(options: { readonly drop?: boolean } = {}): Promise<void> {
    this.#closed = true
    this.#delayed.clear()
    if (options.drop) {
      this.#waiting.clear()
      this.#patient.clear()
      this.#addedWhileBusy.clear()
      this.#onDepth(0)
    }
    if (this.depth === 0 && this.#addedWhileBusy.size === 0) this.#dismissTakers()
    return new Promise((resolve) => {
      this.#idle.push(resolve)
      this.#settle()
    })
  }

  #offer(key: string, addedAt: number): void {
    this.#waiting.set(key, addedAt)
    const taker = this.#takers.shift()
    if (taker) taker(this.#take())
    else this.#onDepth(this.depth)
  }

  #take(): QueueItem | undefined {
    const isPatientsTurn = this.#patient.size > 0 && (this.#waiting.size === 0 || ++this.#turn % TURNS === 0)
    const lane = isPatientsTurn ? this.#patient : this.#waiting
    for (const [key, addedAt] of lane) {
      lane.delete(key)
      this.#busy.add(key)
      this.#onDepth(this.depth)
      return { key, waitedMs: this.#clock.now() - addedAt }
    }
    return undefined
  }

  #settle(): void {
    if (!this.#closed || this.depth > 0) return
    // A key added while busy comes back through `done`; until then workers must stay to take it.
    if (this.#addedWhileBusy.size === 0) this.#dismissTakers()
    if (this.#busy.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #dismissTakers(): void {
    for (const taker of this.#takers.splice(0)) taker(undefined)
  }
}
