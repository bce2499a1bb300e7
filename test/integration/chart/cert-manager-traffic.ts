import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { eventually } from '#test/support/eventually.ts'

/** What is done all the time. Both reject when it fails. */
export interface Calls {
  /** One admission, through connections that the API server keeps. */
  admit(name: string): Promise<void>
  /** One new connection to the webhooks. */
  handshake(): Promise<void>
}

/**
 * Does the work during a steady stream of calls, and expects that none of them fails; `goesOn` resolves when some more have
 * been done. What went wrong with the calls is thrown before what went wrong with the work: it may be the cause.
 */
export async function duringTraffic(calls: Calls, work: (goesOn: () => Promise<void>) => Promise<void>) {
  const failures: string[] = []
  const done = { admissions: 0, handshakes: 0 }
  const stop = new AbortController()
  const repeat = async (what: keyof typeof done, pauseMs: number, call: (index: number) => Promise<void>) => {
    for (let index = 0; !stop.signal.aborted; index++) {
      try {
        await call(index)
        done[what] += 1
      } catch (error) {
        failures.push(String(error))
      }
      await sleep(pauseMs)
    }
  }
  const running = [
    repeat('admissions', 20, (index) => calls.admit(`a-${index}`)),
    repeat('admissions', 20, (index) => calls.admit(`b-${index}`)),
    repeat('handshakes', 50, () => calls.handshake()),
  ]
  const goesOn = async () => {
    const { admissions, handshakes } = done
    await eventually(
      'admissions and handshakes go on',
      async () => done.admissions > admissions + 20 && done.handshakes > handshakes + 2,
    )
  }
  const [outcome] = await Promise.allSettled([work(goesOn)])
  stop.abort()
  await Promise.all(running)
  // A broken trust fails thousands, all for the same reason.
  expect(failures.slice(0, 3)).toEqual([])
  if (outcome.status === 'rejected') throw outcome.reason
  return done
}
