import { expect, expectTypeOf, it } from 'vitest'
import { defined } from '#src/lib/defined.ts'

it('leaves out what is undefined, and nothing else', () => {
  const some: { a: number; b?: string; c: null; d: undefined | false } = { a: 0, c: null, d: false }
  expect(Object.keys(defined({ ...some, b: undefined }))).toEqual(['a', 'c', 'd'])
  const left = defined({ a: 1, b: undefined as string | undefined })
  expectTypeOf(left).toEqualTypeOf<{ a: number } & { b?: string }>()
})
