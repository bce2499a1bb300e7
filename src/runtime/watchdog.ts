import { Worker } from 'node:worker_threads'

export interface WatchdogOptions {
  /** CPU time in ms that one piece of work may take without a break. */
  readonly limitMs: number
  /** How often the thread looks, ms. */
  readonly lookMs: number
  /** Fields of the line that is logged, such as the instance. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** What pieces of work say to whoever watches that they return. */
export interface Watch {
  /** Does `work`. `what` names it in the log. Pieces may lie within others; the innermost is named. */
  during<T>(what: string, work: () => T): T
  /** Which step of the piece begins; of few that there are, such as the id of a rule. */
  step(name: string): void
}

/** Where nobody watches. */
export const unwatched: Watch = { during: (_what, work) => work(), step: () => {} }

/** What the thread is started with. */
export interface WatchdogThreadData extends WatchdogOptions {
  readonly shared: SharedArrayBuffer
}

/** The shared memory: numbers, then text. */
export const WATCHED = { turn: 0, step: 1, length: 2, numbers: 3, text: 12, bytes: 12 + 1024 } as const

/**
 * Ends the process when a piece of synchronous work never returns. Nothing in the same thread could: it does not get its turn
 * again. So another thread looks at a number that changes whenever a piece begins and ends.
 *
 * It counts the process's CPU time and not the time on the wall: a process that is stopped, or gets no CPU, is not hanging.
 * Waiting is not watched either; what only waits lets the event loop turn.
 */
export class Watchdog implements Watch {
  readonly #options: WatchdogOptions
  readonly #shared = new SharedArrayBuffer(WATCHED.bytes)
  readonly #numbers = new Int32Array(this.#shared, 0, WATCHED.numbers)
  readonly #text = Buffer.from(this.#shared, WATCHED.text)
  readonly #steps = new Map<string, number>()
  #depth = 0
  #thread: Worker | undefined

  constructor(options: WatchdogOptions) {
    this.#options = options
  }

  /** Resolves when the thread looks. */
  async start(): Promise<void> {
    const workerData: WatchdogThreadData = { ...this.#options, shared: this.#shared }
    const thread = new Worker(new URL('./watchdog-thread.ts', import.meta.url), {
      workerData,
      name: 'watchdog',
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
    })
    this.#thread = thread
    await new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject))
    for (const [step, number] of this.#steps) thread.postMessage({ step, number })
    thread.unref()
  }

  async stop(): Promise<void> {
    await this.#thread?.terminate()
    this.#thread = undefined
  }

  during<T>(what: string, work: () => T): T {
    this.#write(what)
    if (this.#depth++ === 0) this.#turn()
    try {
      return work()
    } finally {
      if (--this.#depth === 0) this.#turn()
    }
  }

  step(name: string): void {
    const number = this.#steps.get(name) ?? this.#newStep(name)
    Atomics.store(this.#numbers, WATCHED.step, number)
  }

  #turn(): void {
    // Odd while something is in work.
    Atomics.add(this.#numbers, WATCHED.turn, 1)
    Atomics.store(this.#numbers, WATCHED.step, 0)
  }

  #write(what: string): void {
    Atomics.store(this.#numbers, WATCHED.length, this.#text.write(what))
  }

  #newStep(name: string): number {
    const number = this.#steps.size + 1
    this.#steps.set(name, number)
    this.#thread?.postMessage({ step: name, number })
    return number
  }
}
