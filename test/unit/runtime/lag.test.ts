import { describe, expect, it } from 'vitest'
import { Lag } from '#src/runtime/lag.ts'
import { FakeClock } from './fake-clock.ts'

describe('how late a process is', () => {
  it('is nothing while its timers come in time', async () => {
    const clock = new FakeClock()
    const lag = new Lag(clock)
    lag.start()
    await clock.advance(1_000)
    expect(lag.ms).toBeLessThanOrEqual(0)
  })

  it('shows in the middle of a long turn, is remembered after it, and forgotten within seconds', async () => {
    const clock = new FakeClock()
    const lag = new Lag(clock)
    lag.start()
    clock.skip(850)
    expect(lag.ms).toBe(800)
    await clock.advance(0)
    expect(lag.ms).toBe(800)
    await clock.advance(1_000)
    expect(Math.round(lag.ms)).toBe(400)
    await clock.advance(10_000)
    expect(lag.ms).toBeLessThan(1)
    lag.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})
