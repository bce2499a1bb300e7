import { between, type Random } from '#src/lib/backoff.ts'
import { microTime } from '#src/lib/micro-time.ts'
import { type Clock, deadline, pause } from './clock.ts'

/** What a lease says. Times in it are for people; who leads is decided on times observed locally. */
export interface LeaseRecord {
  /** Empty when released. */
  readonly holder: string
  readonly durationSeconds: number
  readonly transitions: number
  /** RFC 3339 with microseconds. */
  readonly acquiredAt: string
  readonly renewedAt: string
}

/** A record as stored, with the version an update must still find. */
export interface HeldLease {
  readonly record: LeaseRecord
  readonly version: string
}

/** Where the lease lives. `put` creates without a version, replaces with one, and throws if someone else was quicker. */
export interface LeaderLock {
  get(signal: AbortSignal): Promise<HeldLease | undefined>
  put(record: LeaseRecord, version: string | undefined, signal: AbortSignal): Promise<HeldLease>
}

export interface ElectorOptions {
  readonly lock: LeaderLock
  readonly identity: string
  readonly clock: Clock
  readonly random: Random
  readonly wallTime: () => Date
  /** How long a candidate waits before it takes over an unrenewed lease. Default 15 s, as in client-go. */
  readonly leaseMs?: number
  /** How long the leader tries to renew before it steps down. Default 10 s; must be below `leaseMs`. */
  readonly renewMs?: number
  /** Between attempts. Default 2 s; 1.2 times this must be below `renewMs`. */
  readonly retryMs?: number
  readonly onError?: (error: unknown) => void
  /** Told whenever another holder is seen. */
  readonly onHolder?: (holder: string) => void
}

/**
 * Leader election on a lease by client-go's rules. As there, two leaders for a moment are possible (a process stopped
 * and resumed by its machine does not know what it missed), so every write must be safe under two leaders.
 */
export class Elector {
  readonly #options: ElectorOptions
  readonly #leaseMs: number
  readonly #renewMs: number
  readonly #retryMs: number
  #seen: HeldLease | undefined
  /** When, on our clock, the lease was last seen to change. The holder's own timestamps may come from a wrong clock. */
  #seenAt = Number.NEGATIVE_INFINITY
  #leading = false

  constructor(options: ElectorOptions) {
    const { leaseMs = 15_000, renewMs = 10_000, retryMs = 2_000 } = options
    if (!(leaseMs > renewMs && renewMs > retryMs * 1.2 && retryMs > 0)) {
      throw new Error(
        `lease ${leaseMs} ms must exceed renewal ${renewMs} ms, and that 1.2 times the retry ${retryMs} ms`,
      )
    }
    this.#options = options
    this.#leaseMs = leaseMs
    this.#renewMs = renewMs
    this.#retryMs = retryMs
  }

  /**
   * Waits to become the leader, then calls `lead` with a signal that aborts when leadership ends. Resolves with why:
   * 'stopped' after `signal` aborted (the lease is released once `lead` has settled, so a successor need not wait),
   * 'lost' when the lease could not be renewed in time (the process should exit), 'finished' when `lead` returned.
   */
  async run(
    signal: AbortSignal,
    lead: (signal: AbortSignal) => Promise<void>,
  ): Promise<'stopped' | 'lost' | 'finished'> {
    const renewedAt = await this.#acquire(signal)
    if (renewedAt === undefined) return 'stopped'
    this.#leading = true
    const term = new AbortController()
    const done = new AbortController()
    const work = (async () => lead(term.signal))().finally(() => done.abort())
    // Awaited below; without this a rejection while we still renew would count as unhandled.
    work.catch(() => {})
    const stop = () => term.abort(new Error('stopping'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    // Renewed until the work has wound down, not only until it was told to: nobody else may begin before.
    const kept = await this.#renew(renewedAt, done.signal)
    this.#leading = false
    signal.removeEventListener('abort', stop)
    if (!kept) {
      term.abort(new Error('leadership lost'))
      // Not waiting for the work here: whoever lost the lease must be able to exit even if the work hangs.
      return 'lost'
    }
    await this.#release()
    await work
    return signal.aborted ? 'stopped' : 'finished'
  }

  /** The moment before the winning request was sent: from there on our time runs, whatever the request took. */
  async #acquire(signal: AbortSignal): Promise<number | undefined> {
    while (!signal.aborted) {
      const askedAt = this.#options.clock.now()
      if (await this.#attempt(this.#renewMs, signal)) return askedAt
      // Jitter as in client-go's JitterFactor 1.2: candidates must not ask in step.
      await pause(this.#options.clock, this.#retryMs * between(1, 2.2, this.#options.random), signal)
    }
    return undefined
  }

  /** Renews until the work is done (true) or until `renewMs` have passed without a success (false). */
  async #renew(acquiredAt: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options
    let goodSince = acquiredAt
    while (!signal.aborted) {
      const left = goodSince + this.#renewMs - clock.now()
      if (left <= 0) return false
      await pause(clock, Math.min(this.#retryMs, left), signal)
      if (signal.aborted) break
      const askedAt = clock.now()
      const budget = goodSince + this.#renewMs - askedAt
      if (budget <= 0) return false
      if (await this.#attempt(budget, signal)) goodSince = askedAt
    }
    return true
  }

  async #attempt(budgetMs: number, parent: AbortSignal): Promise<boolean> {
    const bounded = deadline(this.#options.clock, budgetMs, parent)
    try {
      return await unlessAborted(this.#acquireOrRenew(bounded.signal), bounded.signal)
    } catch (error) {
      if (!parent.aborted) this.#options.onError?.(error)
      return false
    } finally {
      bounded.release()
    }
  }

  async #acquireOrRenew(signal: AbortSignal): Promise<boolean> {
    const { lock, identity } = this.#options
    // The leader renews what it last wrote without reading first; if anyone touched it the version is refused.
    if (this.#leading && this.#seen?.record.holder === identity) {
      try {
        this.#observe(await lock.put(this.#renewed(this.#seen.record), this.#seen.version, signal))
        return true
      } catch (error) {
        if (signal.aborted) throw error
      }
    }
    const held = await lock.get(signal)
    if (held) this.#observe(held)
    const holder = held?.record.holder ?? ''
    const fresh = this.#options.clock.now() < this.#seenAt + this.#leaseMs
    if (held && holder !== '' && holder !== identity && fresh) return false
    this.#observe(await lock.put(this.#renewed(held?.record), held?.version, signal))
    return true
  }

  #observe(held: HeldLease): void {
    if (held.version === this.#seen?.version) return
    if (held.record.holder !== this.#seen?.record.holder) this.#options.onHolder?.(held.record.holder)
    this.#seen = held
    this.#seenAt = this.#options.clock.now()
  }

  #renewed(was: LeaseRecord | undefined): LeaseRecord {
    const { identity, wallTime } = this.#options
    const now = microTime(wallTime())
    const ours = was?.holder === identity
    return {
      holder: identity,
      durationSeconds: Math.max(1, Math.ceil(this.#leaseMs / 1000)),
      acquiredAt: ours ? was.acquiredAt : now,
      renewedAt: now,
      transitions: was === undefined ? 0 : ours ? was.transitions : was.transitions + 1,
    }
  }

  /** Empties the lease so that the next leader need not wait it out. Best effort: it also expires. */
  async #release(): Promise<void> {
    const { lock, identity, clock, onError } = this.#options
    const seen = this.#seen
    if (seen?.record.holder !== identity) return
    const bounded = deadline(clock, this.#retryMs)
    try {
      const empty = { ...this.#renewed(seen.record), holder: '', durationSeconds: 1 }
      this.#seen = await unlessAborted(lock.put(empty, seen.version, bounded.signal), bounded.signal)
    } catch (error) {
      onError?.(error)
    } finally {
      bounded.release()
    }
  }
}

/** Rejects as soon as `signal` aborts, even if the call below ignores it: a deadline that can be missed is none. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
