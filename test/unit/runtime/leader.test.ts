import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pause } from '#src/runtime/clock.ts'
import { Elector, type HeldLease, type LeaderLock, type LeaseRecord } from '#src/runtime/leader.ts'
import { FakeClock } from './fake-clock.ts'

/** One lease in memory with the server's rule: a write must name the version it replaces. */
class MemoryLock implements LeaderLock {
  held: HeldLease | undefined
  down = false
  slowBy: ((ms: number) => Promise<void>) | undefined
  hung = false
  puts = 0
  #version = 0

  async get(): Promise<HeldLease | undefined> {
    await this.#answer()
    return this.held
  }

  async put(record: LeaseRecord, version: string | undefined): Promise<HeldLease> {
    await this.#answer()
    if (version !== this.held?.version) throw new Error('conflict')
    this.puts++
    this.held = { record, version: String(++this.#version) }
    return this.held
  }

  async #answer(): Promise<void> {
    if (this.hung) await new Promise(() => {})
    if (this.down) throw new Error('refused')
    await this.slowBy?.(3_000)
  }
}

function contend(clock: FakeClock, lock: LeaderLock, identity: string, random = () => 0) {
  const elector = new Elector({
    lock,
    identity,
    clock,
    random,
    wallTime: () => new Date(1_790_000_000_000 + clock.now()),
  })
  const stop = new AbortController()
  const seen = { leads: false, leadsSince: Number.NaN, cutAt: Number.NaN, result: '' }
  const finish: (() => void)[] = []
  const running = elector.run(stop.signal, (signal) => {
    seen.leads = true
    seen.leadsSince = clock.now()
    return new Promise<void>((resolve) => {
      finish.push(resolve)
      signal.addEventListener('abort', () => {
        seen.leads = false
        seen.cutAt = clock.now()
        resolve()
      })
    })
  })
  running.then((result) => {
    seen.result = result
  })
  return { elector, stop, seen, running, finish }
}

describe('Elector', () => {
  it('leads at once when there is no lease, and keeps renewing it every 2 s', async () => {
    const clock = new FakeClock()
    const lock = new MemoryLock()
    const a = contend(clock, lock, 'a')
    await clock.advance(10_000)
    expect(a.seen.leads).toBe(true)
    expect(lock.held?.record).toMatchObject({ holder: 'a', durationSeconds: 15, transitions: 0 })
    expect(lock.held?.record.renewedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect(lock.puts).toBe(6)
    a.stop.abort()
    await a.running
  })

  it('lets a second candidate wait while the first renews, and take over 15 s after it last saw a renewal', async () => {
    const clock = new FakeClock()
    const lock = new MemoryLock()
    const a = contend(clock, lock, 'a')
    await clock.advance(1)
    const b = contend(clock, lock, 'b')
    await clock.advance(60_000)
    expect(b.seen.leads).toBe(false)
    // The machine of `a` is gone: it neither renews nor hears.
    const lastRenewal = lock.held
    lock.put = async (record, version) => {
      if (record.holder === 'a') throw new Error('gone')
      return MemoryLock.prototype.put.call(lock, record, version)
    }
    await clock.advance(14_000)
    expect(lock.held).toBe(lastRenewal)
    await clock.advance(3_000)
    expect(b.seen.leads).toBe(true)
    expect(lock.held?.record).toMatchObject({ holder: 'b', transitions: 1 })
    expect(a.seen.result).toBe('lost')
    expect(a.seen.cutAt).toBeLessThan(b.seen.leadsSince)
  })

  it('steps down 10 s after its last success when the server is away, be it refusing or silent', async () => {
    for (const trouble of ['down', 'hung'] as const) {
      const clock = new FakeClock()
      const lock = new MemoryLock()
      const a = contend(clock, lock, 'a')
      await clock.advance(4_000)
      lock[trouble] = true
      await clock.advance(9_999)
      expect(a.seen.leads, trouble).toBe(true)
      await clock.advance(1)
      expect(a.seen.leads, trouble).toBe(false)
      expect(a.seen.cutAt, trouble).toBe(14_000)
      expect(a.seen.result, trouble).toBe('lost')
    }
  })

  it('counts its ten seconds from before a slow renewal was sent, since others saw it no later than that', async () => {
    const clock = new FakeClock()
    const lock = new MemoryLock()
    const a = contend(clock, lock, 'a')
    await clock.advance(1_000)
    lock.slowBy = (ms) => pause(clock, ms)
    await clock.advance(1_000)
    lock.slowBy = undefined
    lock.down = true
    await clock.advance(20_000)
    // Sent at 2 s, answered at 5 s.
    expect(a.seen.cutAt).toBe(12_000)
  })

  it('survives an outage shorter than the renewal deadline', async () => {
    const clock = new FakeClock()
    const lock = new MemoryLock()
    const a = contend(clock, lock, 'a')
    await clock.advance(4_000)
    lock.down = true
    await clock.advance(7_000)
    lock.down = false
    await clock.advance(60_000)
    expect(a.seen.leads).toBe(true)
  })

  it('releases the lease when stopped, so that the next leader need not wait it out', async () => {
    const clock = new FakeClock()
    const lock = new MemoryLock()
    const a = contend(clock, lock, 'a')
    await clock.advance(1_000)
    const b = contend(clock, lock, 'b')
    await clock.advance(1_000)
    a.stop.abort()
    await clock.advance(0)
    expect(a.seen.result).toBe('stopped')
    expect(lock.held?.record.holder).toBe('')
    await clock.advance(5_000)
    expect(b.seen.leads).toBe(true)
  })

  it('keeps the lease until the work has wound down after being stopped', async () => {
    const clock = new FakeClock()
    const lock = new MemoryLock()
    const elector = new Elector({ lock, identity: 'a', clock, random: () => 0, wallTime: () => new Date(0) })
    const stop = new AbortController()
    const windDown: (() => void)[] = []
    const running = elector.run(stop.signal, () => new Promise<void>((resolve) => windDown.push(resolve)))
    await clock.advance(1_000)
    stop.abort()
    const b = contend(clock, lock, 'b')
    await clock.advance(60_000)
    expect(b.seen.leads).toBe(false)
    windDown[0]?.()
    await clock.advance(5_000)
    expect(await running).toBe('stopped')
    expect(b.seen.leads).toBe(true)
  })

  it('steps down when another holder has taken the lease behind its back', async () => {
    const clock = new FakeClock()
    const lock = new MemoryLock()
    const a = contend(clock, lock, 'a')
    await clock.advance(4_000)
    const stolen = { ...(lock.held?.record ?? fail()), holder: 'z' }
    await lock.put(stolen, lock.held?.version)
    await clock.advance(10_001)
    expect(a.seen.result).toBe('lost')
    expect(lock.held?.record.holder).toBe('z')
  })

  it('refuses durations under which two could lead', () => {
    const lock = new MemoryLock()
    const base = { lock, identity: 'a', clock: new FakeClock(), random: () => 0, wallTime: () => new Date(0) }
    expect(() => new Elector({ ...base, leaseMs: 10_000, renewMs: 10_000 })).toThrow('must exceed')
    expect(() => new Elector({ ...base, renewMs: 2_000, retryMs: 2_000 })).toThrow('must exceed')
  })

  it('never has two leaders, whatever outages and pauses there are', async () => {
    const trouble = fc.array(
      fc.record({
        ms: fc.integer({ min: 1, max: 20_000 }),
        do: fc.constantFrom('down', 'hung', 'up', 'steal-version'),
      }),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(
        trouble,
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        async (steps, numbers) => {
          const clock = new FakeClock()
          const lock = new MemoryLock()
          const random = () => numbers.next().value ?? 0
          const contenders = ['a', 'b', 'c'].map((identity) => contend(clock, lock, identity, random))
          for (const step of steps) {
            lock.down = step.do === 'down'
            lock.hung = step.do === 'hung'
            if (step.do === 'steal-version' && lock.held) lock.held = { ...lock.held, version: `${lock.held.version}x` }
            for (let passed = 0; passed < step.ms; passed += 500) {
              await clock.advance(500)
              expect(contenders.filter(({ seen }) => seen.leads).length).toBeLessThanOrEqual(1)
            }
          }
          for (const { stop } of contenders) stop.abort()
        },
      ),
      { numRuns: 40 },
    )
  })
})

function fail(): never {
  throw new Error('there is no lease')
}
