import { setTimeout as delay } from 'node:timers/promises'
import type { EndReason } from '#src/contract/ends.ts'
import { waitingLine } from '#src/contract/lines.ts'
import { type BackoffPolicy, backoffMs } from '#src/lib/backoff.ts'
import { failed, type Outcome } from './outcome.ts'

/** 5 s doubling to a minute: a corrected Secret reaches a mounted volume within about that time. */
const PAUSES: BackoffPolicy = { baseMs: 5_000, factor: 2, capMs: 60_000, jitter: 0.2 }

/**
 * Tries until it works, `seconds` have passed, or it fails by what no time mends (ConfigInvalid). Before each pause a line
 * on standard output tells the operator what is waited for, and until when.
 */
export async function withPatience<R extends EndReason>(
  seconds: number,
  attempt: () => Promise<Outcome<R>>,
): Promise<Outcome<R>> {
  const started = Date.now()
  const until = started + seconds * 1000
  for (let failures = 0; ; failures++) {
    const outcome = await attempt()
    if (outcome.ok || outcome.reason === 'ConfigInvalid') return outcome
    const pause = backoffMs(PAUSES, failures, Math.random)
    if (Date.now() + pause > until) {
      const minutes = Math.ceil((Date.now() - started) / 60_000)
      const spent = failures === 0 ? '' : ` (tried ${failures + 1} times in ${minutes} minutes, then given up)`
      return failed(outcome.reason, `${outcome.message}${spent}`)
    }
    const { reason, message } = outcome
    console.log(waitingLine({ reason, message: message.slice(0, 1000), until: new Date(until).toISOString() }))
    await delay(pause)
  }
}
