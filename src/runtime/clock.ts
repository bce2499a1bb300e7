/** Time as the runtime needs it. `now` is monotonic milliseconds: wall time jumps and must not decide who leads. */
export interface Clock {
  now(): number
  /** Calls `fire` once after `ms`; the returned function cancels. */
  after(ms: number, fire: () => void): () => void
}

/** The process's own clock. Timers keep the process alive: a waiting watch loop is work in progress. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, fire) {
    // Node fires timers beyond 2^31-1 ms at once; no wait of ours is meant to be that long.
    const timer = setTimeout(fire, Math.min(Math.max(0, ms), 2_147_483_647))
    return () => clearTimeout(timer)
  },
}

/** Waits `ms` or until `signal` aborts, whichever is first; never rejects. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const finish = () => {
      cancel()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const cancel = clock.after(ms, finish)
    signal?.addEventListener('abort', finish, { once: true })
  })
}

/**
 * A signal that aborts with `parent` or after `ms`, for bounding one call. Call `release` when the call has ended.
 * AbortSignal.timeout is not used because it cannot be driven by an injected clock.
 */
export function deadline(clock: Clock, ms: number, parent?: AbortSignal): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController()
  const onParent = () => controller.abort(parent?.reason)
  if (parent?.aborted) onParent()
  parent?.addEventListener('abort', onParent, { once: true })
  const cancel = clock.after(ms, () => controller.abort(new Error(`no answer within ${ms} ms`)))
  return {
    signal: controller.signal,
    release() {
      cancel()
      parent?.removeEventListener('abort', onParent)
    },
  }
}
