import { describe, expect, it } from 'vitest'
import { isTooSlow, LEAST_PACE } from '#src/oci/pace.ts'

const MINUTE = 60_000

describe('the least pace of a download', () => {
  it.each([
    ['nothing yet, after a while', 0, 4 * MINUTE, false],
    ['nothing, for longer than that', 0, 6 * MINUTE, true],
    ['a byte a minute', 60, 60 * MINUTE, true],
    ['a slow line', 64 * 1024 * 3600, 60 * MINUTE, false],
    ['a fast one', 2 ** 37, 60 * MINUTE, false],
  ])('%s: too slow = %s', (_what, bytes, tookMs, expected) => {
    expect(isTooSlow(bytes, tookMs, LEAST_PACE)).toBe(expected)
  })
})
