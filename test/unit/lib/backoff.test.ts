import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs, between } from '#src/lib/backoff.ts'

const policy = { baseMs: 100, factor: 2, capMs: 5000, jitter: 0.3 }

describe('backoffMs', () => {
  it('doubles and then stays at the cap', () => {
    expect([0, 1, 2, 5, 6, 5000].map((failures) => backoffMs(policy, failures, () => 0))).toEqual([
      100, 200, 400, 3200, 5000, 5000,
    ])
  })

  it('is never above the cap and never below its share of the whole wait', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        const whole = backoffMs(policy, failures, () => 0)
        const ms = backoffMs(policy, failures, () => random)
        expect(ms).toBeLessThanOrEqual(whole)
        expect(ms).toBeGreaterThanOrEqual(whole * 0.7 - 1e-9)
      }),
    )
  })
})

describe('between', () => {
  it('stays between its bounds', () => {
    expect(between(240, 300, () => 0)).toBe(240)
    expect(between(240, 300, () => 0.999)).toBeLessThan(300)
  })
})
