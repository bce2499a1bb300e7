import { deepFreeze } from '#src/lib/deep.ts'

/** All the runtime knows of a Kubernetes object. */
export interface Stored {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly resourceVersion?: string
  }
}

/** What happened to one key. A deleted and recreated object is one `deleted` and one `added`, told apart by uid. */
export type Change<T> =
  | { readonly type: 'added'; readonly key: string; readonly now: T }
  | { readonly type: 'updated'; readonly key: string; readonly was: T; readonly now: T }
  | { readonly type: 'deleted'; readonly key: string; readonly was: T }

export type Indexes<T> = Readonly<Record<string, (object: T) => readonly string[]>>

export interface StoreOptions<T> {
  readonly indexes?: Indexes<T>
  /** Drops what nobody reads before an object is kept; the default drops `metadata.managedFields`, often half its size. */
  readonly trim?: (object: T) => T
  /** A handler that throws must not keep a change from the others. By default it then ends the process, as any bug. */
  readonly onHandlerError?: (error: unknown) => void
}

/** `namespace/name`, or `name` for what has no namespace: the key of stores and queues. */
export function keyOf(object: Stored): string {
  const { namespace, name } = object.metadata
  return namespace ? `${namespace}/${name}` : name
}

/** The parts of a key made by `keyOf`. */
export function splitKey(key: string): { namespace?: string; name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/**
 * The last known state of one kind, kept by a watch loop. Objects are frozen, so a reader cannot edit the cache.
 * Handlers run in the order in which they were added and see a store that already holds the change.
 */
export class Store<T extends Stored> {
  readonly #objects = new Map<string, T>()
  readonly #indexers: Indexes<T>
  readonly #indexed = new Map<string, Map<string, Set<string>>>()
  readonly #trim: (object: T) => T
  readonly #onHandlerError: (error: unknown) => void
  readonly #handlers = new Set<(change: Change<T>) => void>()
  readonly #waiting: (() => void)[] = []
  #synced = false

  constructor(options: StoreOptions<T> = {}) {
    this.#indexers = options.indexes ?? {}
    this.#trim = options.trim ?? withoutManagedFields
    this.#onHandlerError = options.onHandlerError ?? throwLater
    for (const name of Object.keys(this.#indexers)) this.#indexed.set(name, new Map())
  }

  get size(): number {
    return this.#objects.size
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  all(): T[] {
    return [...this.#objects.values()]
  }

  /** Objects for which the index function named `index` gave `value`. An index nobody declared is a bug and throws. */
  by(index: string, value: string): T[] {
    const entries = this.#indexed.get(index)
    if (!entries) throw new Error(`no index named ${index}`)
    const keys = entries.get(value) ?? []
    return [...keys].flatMap((key) => this.#objects.get(key) ?? [])
  }

  /** True once a whole list has been stored; before that, absence means nothing. */
  get isSynced(): boolean {
    return this.#synced
  }

  synced(): Promise<void> {
    if (this.#synced) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Calls `handler` for each object already here (as `added`) and for every later change; returns how to stop. */
  onChange(handler: (change: Change<T>) => void): () => void {
    this.#handlers.add(handler)
    for (const [key, now] of this.#objects) handler({ type: 'added', key, now })
    return () => this.#handlers.delete(handler)
  }

  /** Takes a whole list for the truth: what it lacks was deleted while nobody watched, and handlers are told so. */
  replace(objects: readonly T[]): void {
    const listed = new Set(objects.map(keyOf))
    for (const [key, was] of [...this.#objects]) if (!listed.has(key)) this.#delete(key, was)
    for (const object of objects) this.put(object)
    this.#synced = true
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  put(object: T): void {
    const key = keyOf(object)
    let was = this.#objects.get(key)
    if (was && sameVersion(was, object)) return
    if (was && was.metadata.uid !== object.metadata.uid) {
      this.#delete(key, was)
      was = undefined
    }
    const now = deepFreeze(this.#trim(object))
    if (was) this.#unindex(key, was)
    this.#objects.set(key, now)
    this.#index(key, now)
    this.#tell(was ? { type: 'updated', key, was, now } : { type: 'added', key, now })
  }

  remove(object: Stored): void {
    const key = keyOf(object)
    const was = this.#objects.get(key)
    if (was) this.#delete(key, was)
  }

  #delete(key: string, was: T): void {
    this.#unindex(key, was)
    this.#objects.delete(key)
    this.#tell({ type: 'deleted', key, was })
  }

  #tell(change: Change<T>): void {
    for (const handler of this.#handlers) {
      try {
        handler(change)
      } catch (error) {
        this.#onHandlerError(error)
      }
    }
  }

  #index(key: string, object: T): void {
    for (const [name, values] of this.#valuesOf(object)) {
      const entries = this.#indexed.get(name)
      for (const value of values) {
        const keys = entries?.get(value)
        if (keys) keys.add(key)
        else entries?.set(value, new Set([key]))
      }
    }
  }

  #unindex(key: string, object: T): void {
    for (const [name, values] of this.#valuesOf(object)) {
      const entries = this.#indexed.get(name)
      for (const value of values) {
        const keys = entries?.get(value)
        if (keys?.delete(key) && keys.size === 0) entries?.delete(value)
      }
    }
  }

  #valuesOf(object: T): [string, readonly string[]][] {
    return Object.entries(this.#indexers).map(([name, values]) => [name, values(object)])
  }
}

function sameVersion(a: Stored, b: Stored): boolean {
  const version = a.metadata.resourceVersion
  return version !== undefined && version === b.metadata.resourceVersion && a.metadata.uid === b.metadata.uid
}

function withoutManagedFields<T extends Stored>(object: T): T {
  if (!('managedFields' in object.metadata)) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
