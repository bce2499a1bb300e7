import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diff } from '#src/lib/json-patch.ts'
import { applyPatch } from '#test/bench/fuzz/apply-patch.ts'

describe('applyPatch', () => {
  it('makes of any JSON what the operations were made for', () => {
    const json = fc.jsonValue({ maxDepth: 4 }).map((value): unknown => JSON.parse(JSON.stringify(value)))
    fc.assert(
      fc.property(json, json, (from, to) => {
        expect(applyPatch(from, diff(from, to))).toEqual(to)
      }),
    )
  })

  it('refuses what an API server would refuse', () => {
    expect(() => applyPatch({}, [{ op: 'replace', path: '/a', value: 1 }])).toThrow('replace /a')
    expect(() => applyPatch({}, [{ op: 'add', path: '/a/b', value: 1 }])).toThrow('add /a/b')
    expect(() => applyPatch([1], [{ op: 'remove', path: '/1' }])).toThrow('remove /1')
  })
})
