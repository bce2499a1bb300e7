import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diff, type PatchOperation } from '#src/lib/json-patch.ts'

describe('diff', () => {
  it('turns any JSON value into any other', () => {
    fc.assert(
      fc.property(json, json, (from, to) => {
        expect(apply(from, diff(from, to))).toEqual(to)
      }),
      { numRuns: 2_000 },
    )
  })

  it('turns a JSON value into an edited copy of itself', () => {
    fc.assert(
      fc.property(fc.dictionary(key, json), key, json, (from, at, value) => {
        const to = { ...from, [at]: value }
        expect(apply(from, diff(from, to))).toEqual(to)
        expect(diff(from, to).length).toBeLessThanOrEqual(Object.hasOwn(from, at) ? Number.MAX_SAFE_INTEGER : 1)
      }),
    )
  })

  it('says nothing about equal values and changes neither of its arguments', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const before = [structuredClone(a), structuredClone(b)]
        expect(diff(a, structuredClone(a))).toEqual([])
        diff(a, b)
        expect([a, b]).toEqual(before)
      }),
    )
  })

  it('adds what a default fills in, and only that', () => {
    const from = {
      resource: { labelSelector: { matchLabels: { a: 'b' } } },
      inference: { adapters: [{ x: 1 }, { x: 2 }] },
    }
    const to = {
      resource: { labelSelector: { matchLabels: { a: 'b' } }, count: 1 },
      inference: { adapters: [{ x: 1, strength: '1.0' }, { x: 2 }] },
    }
    expect(diff(from, to)).toEqual([
      { op: 'add', path: '/resource/count', value: 1 },
      { op: 'add', path: '/inference/adapters/0/strength', value: '1.0' },
    ])
  })

  it('escapes keys in pointers', () => {
    expect(diff({}, { 'kaito.sh/a~b': 1 })).toEqual([{ op: 'add', path: '/kaito.sh~1a~0b', value: 1 }])
  })

  it('edits a list in its middle instead of replacing it', () => {
    expect(diff([1, 2, 3, 4], [1, 9, 3, 4])).toEqual([{ op: 'replace', path: '/1', value: 9 }])
    expect(diff([1, 4], [1, 2, 3, 4])).toEqual([
      { op: 'add', path: '/1', value: 2 },
      { op: 'add', path: '/2', value: 3 },
    ])
    expect(diff([1, 2, 3, 4], [1, 4])).toEqual([
      { op: 'remove', path: '/2' },
      { op: 'remove', path: '/1' },
    ])
  })

  it('takes no longer for deeply nested lists', () => {
    const nested = (inner: unknown) => Array.from({ length: 64 }).reduce<unknown>((value) => [value], inner)
    expect(diff(nested(1), nested(2))).toEqual([{ op: 'replace', path: '/0'.repeat(64), value: 2 }])
  })

  it('treats a "__proto__" key as data', () => {
    const to: unknown = JSON.parse('{"__proto__":{"polluted":1}}')
    expect(diff({}, to)).toEqual([{ op: 'add', path: '/__proto__', value: { polluted: 1 } }])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

const key = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a', 'b', 'a/b', '~1', '~0/', ''))
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(null, true, false, 0, 1, 'x', ''),
    fc.array(tie('json'), { maxLength: 5 }),
    fc.dictionary(
      key.filter((text) => text !== '__proto__'),
      tie('json'),
      { maxKeys: 5 },
    ),
  ),
}))

/** RFC 6902, read independently of the code under test: pointers are resolved on a copy, one operation after another. */
function apply(document: unknown, operations: readonly PatchOperation[]): unknown {
  const root: { value: unknown } = { value: structuredClone(document) }
  for (const operation of operations) {
    const steps = [
      'value',
      ...operation.path
        .split('/')
        .slice(1)
        .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')),
    ]
    const last = steps.pop() ?? ''
    const parent = steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], root)
    if (Array.isArray(parent)) {
      const index = Number(last)
      if (index > parent.length || (operation.op !== 'add' && index >= parent.length))
        throw new Error(`no ${operation.path}`)
      if (operation.op === 'remove') parent.splice(index, 1)
      else parent.splice(index, operation.op === 'add' ? 0 : 1, operation.value)
    } else {
      const target = parent as Record<string, unknown>
      if (operation.op !== 'add' && !Object.hasOwn(target, last)) throw new Error(`no ${operation.path}`)
      if (operation.op === 'remove') delete target[last]
      else target[last] = operation.value
    }
  }
  return root.value
}
