import type { Clock } from './clock.ts'

/** Something with a beginning and an end. `start` resolves when it is ready for what comes after it. */
export interface Component {
  readonly name: string
  start?(): void | Promise<void>
  stop?(): void | Promise<void>
}

export interface LifecycleOptions {
  readonly clock: Clock
  /** For all components together; what is left when it has passed is reported, not waited for. */
  readonly stopWithinMs: number
  readonly onStep?: (step: 'starting' | 'started' | 'stopping' | 'stopped' | 'overdue', name: string) => void
  readonly onError?: (error: unknown, name: string) => void
}

/** Starts components in order, and stops in reverse those that were started, whatever happens. */
export class Lifecycle {
  readonly #components: readonly Component[]
  readonly #options: LifecycleOptions
  readonly #started: Component[] = []
  #stopping: Promise<string[]> | undefined

  constructor(components: readonly Component[], options: LifecycleOptions) {
    this.#components = components
    this.#options = options
  }

  /** Rejects with the first failure, after stopping what had already been started. */
  async start(): Promise<void> {
    for (const component of this.#components) {
      if (this.#stopping) return
      this.#options.onStep?.('starting', component.name)
      // Noted before it starts: one that fails half-way also has something to clean up.
      this.#started.push(component)
      try {
        await component.start?.()
      } catch (cause) {
        await this.stop()
        throw new Error(`${component.name} did not start`, { cause })
      }
      this.#options.onStep?.('started', component.name)
    }
  }

  /** Names of the components that did not stop in time. Calling twice gives the same answer. */
  stop(): Promise<string[]> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll(): Promise<string[]> {
    const { clock, stopWithinMs, onStep, onError } = this.#options
    const endsAt = clock.now() + stopWithinMs
    const overdue: string[] = []
    for (let component = this.#started.pop(); component !== undefined; component = this.#started.pop()) {
      const { name } = component
      onStep?.('stopping', name)
      const finished = await withinDeadline(component, clock, endsAt - clock.now(), (error) => onError?.(error, name))
      if (!finished) overdue.push(name)
      onStep?.(finished ? 'stopped' : 'overdue', name)
    }
    return overdue
  }
}

/** True if the component stopped before `ms` passed; a failure to stop counts as stopped, and is told. */
function withinDeadline(
  component: Component,
  clock: Clock,
  ms: number,
  onError: (error: unknown) => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(Math.max(0, ms), () => resolve(false))
    const stop = async () => component.stop?.()
    stop()
      .catch(onError)
      .finally(() => {
        cancel()
        resolve(true)
      })
  })
}
