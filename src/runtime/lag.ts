import { type Clock, systemClock } from './clock.ts'

/** How often it is looked at, ms: a timer that does next to nothing. */
const EVERY_MS = 50

/**
 * How late this process is with what it should be doing, ms: because the machine is taken by others, or because more is asked
 * of it than it can do. What it was a second ago still counts half.
 */
export class Lag {
  readonly #clock: Clock
  #dueAt: number
  #remembered = 0
  #cancel: (() => void) | undefined

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
    this.#dueAt = clock.now() + EVERY_MS
  }

  start(): void {
    this.#dueAt = this.#clock.now() + EVERY_MS
    this.#cancel = this.#clock.after(EVERY_MS, () => this.#tick())
  }

  stop(): void {
    this.#cancel?.()
  }

  /** Also in the middle of a long turn, before the timer had a chance. */
  get ms(): number {
    return Math.max(this.#remembered, this.#clock.now() - this.#dueAt)
  }

  #tick(): void {
    const late = Math.max(0, this.#clock.now() - this.#dueAt)
    this.#remembered = Math.max(late, this.#remembered * HALF_IN_A_SECOND)
    this.start()
  }
}

const HALF_IN_A_SECOND = 0.5 ** (EVERY_MS / 1_000)
