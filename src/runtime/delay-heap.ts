import type { Clock } from './clock.ts'

interface Entry {
  readonly key: string
  readonly at: number
}

/**
 * Keys that become ready later, on one timer however many there are. A key waits at most once: of two delays the
 * earlier wins, because a later one can always be asked for again when the key has been handled.
 */
export class DelayHeap {
  readonly #clock: Clock
  readonly #ready: (key: string) => void
  readonly #due = new Map<string, number>()
  #heap: Entry[] = []
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
    this.#push({ key, at })
    this.#arm()
  }

  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    this.#due.clear()
    this.#heap = []
  }

  #arm(): void {
    const next = this.#heap[0]
    if (next === undefined || next.at >= this.#armedFor) return
    this.#cancel?.()
    this.#armedFor = next.at
    this.#cancel = this.#clock.after(Math.max(0, next.at - this.#clock.now()), () => this.#fire())
  }

  #fire(): void {
    this.#cancel = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    for (let next = this.#heap[0]; next !== undefined && next.at <= now; next = this.#heap[0]) {
      this.#pop()
      // An entry that lost to an earlier delay of the same key stays in the heap and is skipped here.
      if (this.#due.get(next.key) !== next.at) continue
      this.#due.delete(next.key)
      this.#ready(next.key)
    }
    this.#arm()
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const up = (index - 1) >> 1
      const parent = heap[up]
      if (parent === undefined || parent.at <= entry.at) break
      heap[index] = parent
      index = up
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let down = 2 * index + 1
      const left = heap[down]
      const right = heap[down + 1]
      if (left === undefined) break
      let child = left
      if (right !== undefined && right.at < left.at) {
        child = right
        down += 1
      }
      if (child.at >= last.at) break
      heap[index] = child
      index = down
    }
    heap[index] = last
  }
}
