import type { Clock } from '#src/runtime/clock.ts'
import { pause } from '#src/runtime/clock.ts'
import type { WatchSource } from '#src/runtime/watch-loop.ts'
import { isNotFound } from './errors.ts'

/** How often a kind that is not there is asked for again, milliseconds: one cheap 404. */
const LOOK_AGAIN_MS = 10_000

/** Never a version of a server's: it begins the watch of nothing. */
const ABSENT = 'absent'

export interface OptionalSource<T> extends WatchSource<T> {
  /** Does the server know the kind? Undefined until it was first asked. */
  readonly isServed: () => boolean | undefined
}

/**
 * A kind whose definition may be missing, and may be installed or removed at any time: while it is missing there are no
 * objects of it, which is no error. `onChange` is told whenever that turns out to be otherwise than before.
 */
export function optionalSource<T>(
  source: WatchSource<T>,
  clock: Clock,
  onChange: (isServed: boolean) => void,
): OptionalSource<T> {
  let isServed: boolean | undefined
  const found = (now: boolean) => {
    if (now === isServed) return
    isServed = now
    onChange(now)
  }
  return {
    isServed: () => isServed,
    async list(page, signal) {
      try {
        const answer = await source.list(page, signal)
        found(true)
        return answer
      } catch (error) {
        if (!isNotFound(error)) throw error
        found(false)
        return { items: [], resourceVersion: ABSENT }
      }
    },
    async *watch(from, signal) {
      if (from.resourceVersion !== ABSENT) {
        yield* source.watch(from, signal)
        return
      }
      yield { type: 'open' }
      await pause(clock, LOOK_AGAIN_MS, signal)
      throw new NotServed()
    },
    // A watch that answers 404 had a definition before: only a new list can tell.
    isExpired: (error) => error instanceof NotServed || isNotFound(error) || source.isExpired(error),
    isTooLarge: source.isTooLarge,
  }
}

/** Ends the watch of nothing, so that the next thing done is to list. */
export class NotServed extends Error {
  override readonly name = 'NotServed'
}
