import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deepEqual, deepFreeze } from '#src/lib/deep.ts'

describe('deepEqual', () => {
  it('says of any two JSON values what their canonical texts say', () => {
    const small = fc.jsonValue({ maxDepth: 2 })
    fc.assert(
      fc.property(small, (value) => {
        expect(deepEqual(value, structuredClone(value))).toBe(true)
      }),
    )
    fc.assert(
      fc.property(small, small, (a, b) => {
        if (deepEqual(a, b)) expect(b).toEqual(a)
        else expect(JSON.stringify(a) === JSON.stringify(b) && !/-0/.test(String(a))).toBe(false)
      }),
    )
  })

  it('tells arrays from objects, order in arrays, and missing keys', () => {
    expect(deepEqual([], {})).toBe(false)
    expect(deepEqual([1, 2], [2, 1])).toBe(false)
    expect(deepEqual({ a: 1 }, { a: 1, b: 2 })).toBe(false)
    expect(deepEqual({ a: 1, b: 2 }, { a: 1, c: 2 })).toBe(false)
    expect(deepEqual({ a: null }, {})).toBe(false)
    expect(deepEqual({ a: 1, b: undefined }, { a: 1 })).toBe(true)
    expect(deepEqual({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true)
  })
})

describe('deepFreeze', () => {
  it('freezes every level, also below one that was frozen already', () => {
    const inner = { list: [{ a: 1 }] }
    const outer = deepFreeze({ shell: Object.freeze({ inner }) })
    expect(Object.isFrozen(outer)).toBe(true)
    expect(Object.isFrozen(inner.list[0])).toBe(true)
    expect(() => {
      inner.list.push({ a: 2 })
    }).toThrow(TypeError)
  })
})
