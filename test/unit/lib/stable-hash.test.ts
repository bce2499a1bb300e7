import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, stableHash } from '#src/lib/stable-hash.ts'

const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  )
}

describe('stableHash', () => {
  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(stableHash(reversed(value))).toBe(stableHash(value))
      }),
    )
  })

  it('is the digest it has always been, since it is part of the names of objects', () => {
    expect(stableHash({ b: [1, 'é', null], a: { c: true } })).toBe('cd35b2bd77')
    expect(stableHash({}, 6)).toBe('44136f')
  })

  it('tells different values apart', () => {
    const values = [null, {}, [], '', 0, false, { a: 1 }, { a: '1' }, [1, 2], [2, 1], { a: undefined, b: 1 }]
    expect(new Set(values.map((value) => stableHash(value))).size).toBe(values.length)
  })

  it('reads back as the same JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('refuses what JSON cannot hold', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1, undefined])
      expect(() => stableHash(value)).toThrow(TypeError)
  })
})
