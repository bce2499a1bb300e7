import { expect, it } from 'vitest'
import { parseQuantity } from '#src/lib/quantity.ts'

it.each([
  ['230862012Ki', 230_862_012 * 1024],
  ['64Gi', 64 * 2 ** 30],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['128974848', 128_974_848],
  ['129M', 129e6],
  ['1', 1],
])('%s is %d bytes', (text, bytes) => {
  expect(parseQuantity(text)).toBe(bytes)
})

it.each(['', 'much', '1 Gi', '-1', '1Gx', '1__', 'constructor', '1toString'])('%j is no quantity', (text) => {
  expect(parseQuantity(text)).toBeUndefined()
})
