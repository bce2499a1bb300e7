import type { Clock } from './clock.ts'

/** What was found a moment ago, by key: at most so many, each for as long as whoever put it there says. */
export class Recent<T> {
  readonly #clock: Clock
  readonly #most: number
  readonly #kept = new Map<string, { readonly value: T; readonly until: number }>()

  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  get(key: string): T | undefined {
    const found = this.#kept.get(key)
    if (found === undefined) return undefined
    if (found.until > this.#clock.now()) return found.value
    this.#kept.delete(key)
    return undefined
  }

  put(key: string, value: T, ms: number): void {
    this.#kept.delete(key)
    const [oldest] = this.#kept.keys()
    if (oldest !== undefined && this.#kept.size >= this.#most) this.#kept.delete(oldest)
    this.#kept.set(key, { value, until: this.#clock.now() + ms })
  }
}
