import type { Clock } from '#src/runtime/clock.ts'

/** A clock that stands still until told to move. */
export class FakeClock implements Clock {
  #now = 0
  #timers: { at: number; fire: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.#now + ms, fire }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  get pendingTimers(): number {
    return this.#timers.length
  }

  /** Moves time on, firing what comes due in order and letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (let next = this.#nextBefore(end); next !== undefined; next = this.#nextBefore(end)) {
      this.#now = Math.max(this.#now, next.at)
      this.#timers = this.#timers.filter((other) => other !== next)
      next.fire()
      await settle()
    }
    this.#now = end
    await settle()
  }

  /** Time passes while the process is frozen: nothing fires until the next `advance`. */
  skip(ms: number): void {
    this.#now += ms
  }

  #nextBefore(end: number) {
    return this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
  }
}

/** Lets every promise that can settle do so: chains in this code are far shorter than 100 links. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve()
}
