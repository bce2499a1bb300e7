import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DelayHeap } from '#src/runtime/delay-heap.ts'
import { FakeClock } from './fake-clock.ts'

describe('DelayHeap', () => {
  it('gives each key at its earliest time, in order of time, on one timer', async () => {
    const delays = fc.array(fc.record({ key: fc.nat(30).map(String), ms: fc.integer({ min: 1, max: 1000 }) }), {
      maxLength: 80,
    })
    await fc.assert(
      fc.asyncProperty(delays, async (added) => {
        const clock = new FakeClock()
        const given = new Map<string, number>()
        const order: number[] = []
        const heap = new DelayHeap(clock, (key) => {
          given.set(key, clock.now())
          order.push(clock.now())
        })
        const earliest = new Map<string, number>()
        for (const { key, ms } of added) {
          heap.add(key, ms)
          earliest.set(key, Math.min(ms, earliest.get(key) ?? ms))
          expect(clock.pendingTimers).toBe(1)
        }
        expect(heap.size).toBe(earliest.size)
        await clock.advance(1000)
        expect(given).toEqual(earliest)
        expect(order).toEqual([...order].sort((a, b) => a - b))
        expect(order).toHaveLength(earliest.size)
        expect(clock.pendingTimers).toBe(0)
      }),
    )
  })
})
