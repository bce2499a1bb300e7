/** How long to wait between attempts: `baseMs * factor^failures`, never above `capMs`, then spread by `jitter` (0 to 1). */
export interface BackoffPolicy {
  readonly baseMs: number
  readonly factor: number
  readonly capMs: number
  readonly jitter: number
}

/** Source of randomness in [0, 1), passed in so that tests can choose it. */
export type Random = () => number

/**
 * Milliseconds to wait after `failures` earlier failures (0 for the first). The jitter only shortens the wait, so the
 * cap is a promise: `jitter: 0.5` gives a wait between half of the exponential value and the whole of it.
 */
export function backoffMs(policy: BackoffPolicy, failures: number, random: Random): number {
  const whole = Math.min(policy.capMs, policy.baseMs * policy.factor ** Math.max(0, failures))
  return whole * (1 - policy.jitter * random())
}

/** A value between `low` and `high`, for periods that must not fall into step across replicas. */
export function between(low: number, high: number, random: Random): number {
  return low + (high - low) * random()
}
