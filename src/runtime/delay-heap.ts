import TinyQueue from 'tinyqueue'
import type { Clock } from './clock.ts'

interface Entry {
  readonly key: string
  readonly at: number
}

const soonestFirst = () => new TinyQueue<Entry>([], (a, b) => a.at - b.at)

/**
 * Keys that become ready later, on one timer however many there are. A key waits at most once: of two delays the
 * earlier wins, because a later one can always be asked for again when the key has been handled.
 */
export class DelayHeap {
  readonly #clock: Clock
  readonly #ready: (key: string) => void
  readonly #due = new Map<string, number>()
  #heap = soonestFirst()
  #cancel: (() => void) | undefined
  #armedFor = Number.POSITIVE_INFINITY

  constructor(clock: Clock, ready: (key: string) => void) {
    this.#clock = clock
    this.#ready = ready
  }

  get size(): number {
    return this.#due.size
  }

  add(key: string, ms: number): void {
    const at = this.#clock.now() + ms
    const earlier = this.#due.get(key)
    if (earlier !== undefined && earlier <= at) return
    this.#due.set(key, at)
    this.#heap.push({ key, at })
    this.#arm()
  }

  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    this.#due.clear()
    this.#heap = soonestFirst()
  }

  #arm(): void {
    const next = this.#heap.peek()
    if (next === undefined || next.at >= this.#armedFor) return
    this.#cancel?.()
    this.#armedFor = next.at
    this.#cancel = this.#clock.after(Math.max(0, next.at - this.#clock.now()), () => this.#fire())
  }

  #fire(): void {
    this.#cancel = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    for (let next = this.#heap.peek(); next !== undefined && next.at <= now; next = this.#heap.peek()) {
      this.#heap.pop()
      // An entry that lost to an earlier delay of the same key stays in the heap and is skipped here.
      if (this.#due.get(next.key) !== next.at) continue
      this.#due.delete(next.key)
      this.#ready(next.key)
    }
    this.#arm()
  }
}
