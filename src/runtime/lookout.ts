import type { Clock } from './clock.ts'

export interface LookoutOptions {
  readonly clock: Clock
  /** The version that an object has now; undefined where there is none. Throws where nobody can say. */
  readonly versionOf: (id: string) => Promise<string | undefined>
  /** Told once for each that waits for an object that has changed. */
  readonly onChange: (key: string) => void
}

/** An object that somebody waits for, and the version that was no good: undefined where it was not there. */
export interface Awaited {
  readonly id: string
  readonly version: string | undefined
}

/** However many are waited for: two small questions a second are all that the waiting cost. */
const BETWEEN_LOOKS_MS = 500

/** Soon at first, when somebody is about to make what is missing; then ever more seldom. */
const FIRST_MS = 10_000
const LAST_MS = 600_000
const OF_AGE = 8

interface Entry {
  readonly version: string | undefined
  readonly since: number
  next: number
  readonly keys: Set<string>
}

/**
 * Looks for changes of objects that cannot be watched, for those that wait for one. Each object is asked about once, however
 * many wait for it. Where more are due than there is time for, the newest and the longest overdue take turns.
 */
export class Lookout {
  readonly #options: LookoutOptions
  readonly #entries = new Map<string, Entry>()
  readonly #waiting = new Map<string, readonly string[]>()
  #isNewestNext = true
  #isLooking = false
  #cancel: (() => void) | undefined
  #isStopped = false

  constructor(options: LookoutOptions) {
    this.#options = options
  }

  /** How many objects are waited for. */
  get size(): number {
    return this.#entries.size
  }

  /** From now on `key` waits for these, and for nothing else. */
  await(key: string, objects: readonly Awaited[]): void {
    const ids = objects.map(({ id }) => id)
    for (const id of this.#waiting.get(key) ?? []) if (!ids.includes(id)) this.#leave(id, key)
    if (ids.length === 0) this.#waiting.delete(key)
    else this.#waiting.set(key, ids)
    for (const { id, version } of objects) this.#join(id, version, key)
    this.#arm()
  }

  /** Looks no more, and forgets everybody. */
  stop(): void {
    this.#isStopped = true
    this.#cancel?.()
    this.#cancel = undefined
    this.#entries.clear()
    this.#waiting.clear()
  }

  #join(id: string, version: string | undefined, key: string): void {
    const now = this.#options.clock.now()
    const entry = this.#entries.get(id)
    if (entry?.version === version && entry !== undefined) entry.keys.add(key)
    else {
      // Who still waits for a change of an older version has been told by now, or finds out with the others.
      const keys = new Set([...(entry?.keys ?? []), key])
      this.#entries.set(id, { version, since: now, next: now + FIRST_MS, keys })
    }
  }

  #leave(id: string, key: string): void {
    const entry = this.#entries.get(id)
    if (entry?.keys.delete(key) && entry.keys.size === 0) this.#entries.delete(id)
  }

  #arm(): void {
    if (this.#isStopped || this.#isLooking || this.#cancel !== undefined || this.#entries.size === 0) return
    const { clock } = this.#options
    let soonest = Number.POSITIVE_INFINITY
    for (const { next } of this.#entries.values()) soonest = Math.min(soonest, next)
    this.#cancel = clock.after(Math.max(BETWEEN_LOOKS_MS, soonest - clock.now()), () => void this.#look())
  }

  async #look(): Promise<void> {
    this.#cancel = undefined
    const due = this.#due()
    if (due !== undefined) {
      this.#isLooking = true
      await this.#lookAt(...due)
      this.#isLooking = false
    }
    this.#arm()
  }

  #due(): [string, Entry] | undefined {
    const now = this.#options.clock.now()
    let chosen: [string, Entry] | undefined
    for (const [id, entry] of this.#entries) {
      if (entry.next > now) continue
      const isBetter =
        chosen === undefined || (this.#isNewestNext ? entry.since > chosen[1].since : entry.next < chosen[1].next)
      if (isBetter) chosen = [id, entry]
    }
    this.#isNewestNext = !this.#isNewestNext
    return chosen
  }

  async #lookAt(id: string, entry: Entry): Promise<void> {
    const { clock, versionOf, onChange } = this.#options
    const isChanged = await versionOf(id).then(
      (version) => version !== entry.version,
      // Nobody can say: ask again when its turn comes.
      () => false,
    )
    if (this.#entries.get(id) !== entry) return
    if (!isChanged) {
      const age = clock.now() - entry.since
      entry.next = clock.now() + Math.min(LAST_MS, Math.max(FIRST_MS, age / OF_AGE))
      return
    }
    this.#entries.delete(id)
    for (const key of entry.keys) onChange(key)
  }
}
