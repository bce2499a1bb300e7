import { describe, expect, it } from 'vitest'
import { Controller, type Reconcile, type Report } from '#src/runtime/controller.ts'
import { WorkQueue } from '#src/runtime/workqueue.ts'
import { FakeClock, settle } from './fake-clock.ts'

function begin(reconcile: Reconcile, workers = 2, signal?: AbortSignal) {
  const clock = new FakeClock()
  const queue = new WorkQueue({ clock, random: () => 0, retry: { baseMs: 100, factor: 2, capMs: 1000, jitter: 0 } })
  const reports: Report[] = []
  const controller = new Controller({ reconcile, queue, clock, workers, onReport: (report) => reports.push(report) })
  controller.start(signal)
  return { clock, queue, reports, controller }
}

describe('Controller', () => {
  it('reconciles each added key and calls again when asked to', async () => {
    const calls: string[] = []
    const { clock, queue, reports } = begin(async (key) => {
      calls.push(key)
      return calls.length < 3 ? { again: 50 } : {}
    })
    queue.add('a')
    await clock.advance(1000)
    expect(calls).toEqual(['a', 'a', 'a'])
    expect(reports.map(({ outcome }) => outcome)).toEqual(['again', 'again', 'done'])
  })

  it('tries a failing key again, later each time, and starts over after a success', async () => {
    let failing = 3
    const { clock, queue, reports } = begin(async () => {
      if (failing-- > 0) throw new Error('no')
      return {}
    })
    queue.add('a')
    await clock.advance(10_000)
    expect(reports.map((report) => ('afterMs' in report ? report.afterMs : report.outcome))).toEqual([
      100,
      200,
      400,
      'done',
    ])
    expect(queue.failures('a')).toBe(0)
  })

  it('works on as many keys at once as it has workers, and on no key twice at once', async () => {
    const running = new Set<string>()
    let most = 0
    const releases: (() => void)[] = []
    const { queue } = begin(async (key) => {
      expect(running.has(key)).toBe(false)
      running.add(key)
      most = Math.max(most, running.size)
      await new Promise<void>((resolve) => releases.push(resolve))
      running.delete(key)
      return {}
    }, 2)
    for (const key of ['a', 'b', 'c', 'a']) queue.add(key)
    await settle()
    queue.add('a')
    for (let round = 0; round < 6; round++) {
      releases.shift()?.()
      await settle()
    }
    expect(most).toBe(2)
    expect(running.size).toBe(0)
  })

  it('aborts a reconcile that takes longer than its time limit', async () => {
    const { clock, queue, reports } = begin(
      (_key, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    )
    queue.add('a')
    await clock.advance(60_000)
    expect(reports[0]?.outcome).toBe('failed')
    expect(reports[0]?.tookMs).toBe(60_000)
  })

  it('stops gracefully: finishes what is under way, takes nothing new', async () => {
    const releases: (() => void)[] = []
    let aborted = false
    const { queue, reports, controller } = begin(async (_key, signal) => {
      await new Promise<void>((resolve) => releases.push(resolve))
      aborted = signal.aborted
      return { again: 1 }
    }, 1)
    queue.add('a')
    queue.add('b')
    await settle()
    const stopped = controller.stop()
    releases.shift()?.()
    await stopped
    expect(reports.map(({ key }) => key)).toEqual(['a'])
    expect(aborted).toBe(false)
  })

  it('aborts what is under way when its signal aborts, because somebody else may lead now', async () => {
    const stop = new AbortController()
    const { queue, controller, reports } = begin(
      (_key, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
      1,
      stop.signal,
    )
    queue.add('a')
    await settle()
    stop.abort(new Error('leadership lost'))
    await controller.stop()
    expect(reports).toHaveLength(1)
    expect(reports[0]).toMatchObject({ outcome: 'failed', error: new Error('leadership lost') })
  })
})
