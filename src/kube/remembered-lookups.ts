import { deepEqual } from '#src/lib/deep.ts'
import type { Lookup } from '#src/reading/facts.ts'

/** `recent`: what was found a moment ago will do. `fresh`: as it is now. */
export type Mode = 'recent' | 'fresh'
type Find<T> = (namespace: string, name: string, signal: AbortSignal) => Promise<Lookup<T>>

/** How long a found object is believed, in ms: it spares a bulk apply hundreds of look-ups, and a person never notices. */
const RECENT_MS = 1_000
/** How long anybody waits for an object at most; whoever has to answer sooner says so. */
const PATIENCE_MS = 2_000
/** 256 objects of at most 64 Ki characters: 16 Mi characters at worst. */
const MAX_REMEMBERED = 256
const MAX_SIZE = 65_536

/**
 * Looks objects up and remembers for a moment what was found. An object that says the same as before is handed out as
 * the same value, so whatever has been parsed from it need not be parsed again.
 */
export class RememberedLookups<T extends object> {
  readonly #find: Find<T>
  readonly #remembered = new Map<string, { readonly value: T; readonly at: number }>()
  readonly #underWay = new Map<string, Promise<Lookup<T>>>()

  constructor(find: Find<T>) {
    this.#find = find
  }

  /** All of them without waiting, where all were found a moment ago. */
  recent(namespace: string, names: readonly string[]): ReadonlyMap<string, Lookup<T>> | undefined {
    const values = new Map<string, Lookup<T>>()
    for (const name of names) {
      const value = this.#believed(`${namespace}/${name}`)
      if (value === undefined) return undefined
      values.set(name, { state: 'found', value })
    }
    return values
  }

  /**
   * All of them as far as they are known when `until` aborts; the rest is `unknown`, which never speaks against anybody. What
   * comes later is remembered for the next one who asks.
   */
  async all(namespace: string, names: readonly string[], mode: Mode, until: AbortSignal) {
    const late = unknownFrom(until)
    let isFresh = true
    const values = new Map<string, Lookup<T>>()
    const one = async (name: string) => {
      const recent = mode === 'recent' ? this.#recent(`${namespace}/${name}`) : undefined
      if (recent !== undefined) isFresh = false
      values.set(name, await Promise.race([recent ?? this.#look(namespace, name), late]))
    }
    if (names.length > 0) await Promise.all(names.map(one))
    return { values, isFresh }
  }

  #recent(key: string): Lookup<T> | Promise<Lookup<T>> | undefined {
    const value = this.#believed(key)
    return value === undefined ? this.#underWay.get(key) : { state: 'found', value }
  }

  #believed(key: string): T | undefined {
    const found = this.#remembered.get(key)
    return found !== undefined && performance.now() - found.at < RECENT_MS ? found.value : undefined
  }

  async #look(namespace: string, name: string): Promise<Lookup<T>> {
    const key = `${namespace}/${name}`
    const found = this.#find(namespace, name, AbortSignal.timeout(PATIENCE_MS)).then((lookup) =>
      this.#remember(key, lookup),
    )
    this.#underWay.set(key, found)
    try {
      return await found
    } finally {
      if (this.#underWay.get(key) === found) this.#underWay.delete(key)
    }
  }

  #remember(key: string, lookup: Lookup<T>): Lookup<T> {
    const before = this.#remembered.get(key)?.value
    if (lookup.state === 'missing') this.#remembered.delete(key)
    if (lookup.state !== 'found') return lookup
    const value = before !== undefined && deepEqual(before, lookup.value) ? before : lookup.value
    if (before === undefined && this.#remembered.size >= MAX_REMEMBERED) this.#forgetOldest()
    this.#remembered.delete(key)
    if (sizeOf(value) <= MAX_SIZE) this.#remembered.set(key, { value, at: performance.now() })
    return { state: 'found', value }
  }

  #forgetOldest(): void {
    const [oldest] = this.#remembered.keys()
    if (oldest !== undefined) this.#remembered.delete(oldest)
  }
}

const unknownFrom = (signal: AbortSignal) =>
  new Promise<{ readonly state: 'unknown' }>((resolve) => {
    const stop = () => resolve({ state: 'unknown' })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })

const sizeOf = (value: object) =>
  Object.values(value).reduce<number>((sum, each) => sum + (typeof each === 'string' ? each.length : 0), 0)
