import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { didYouMean, nearest } from '#src/lib/nearest.ts'

describe('nearest', () => {
  it.each([
    ['a swapped pair', 'phi-3-mini-4k-insturct', 'phi-3-mini-4k-instruct'],
    ['another case', 'PHI-4', 'phi-4'],
    ['a missing letter', 'mistral-7', 'mistral-7b'],
  ])('finds what was meant behind %s', (_, word, meant) => {
    expect(nearest(word, ['llama-3.1-8b-instruct', 'phi-4', 'mistral-7b', 'phi-3-mini-4k-instruct'])).toBe(meant)
  })

  it('finds nothing where nothing is near, and says the other thing instead', () => {
    expect(nearest('falcon', ['phi-4', 'mistral-7b'])).toBeUndefined()
    expect(didYouMean('falcon', ['phi-4'], 'see the list')).toBe('see the list')
    expect(didYouMean('phi4', ['phi-4'], 'see the list')).toBe('did you mean "phi-4"?')
  })

  it('prefers the first of equally near ones, and the nearest of all', () => {
    expect(nearest('phi-5', ['phi-3', 'phi-4'])).toBe('phi-3')
    expect(nearest('phi-44', ['phi-3', 'phi-4'])).toBe('phi-4')
  })
})

describe('nearest, by its definition', () => {
  it('is the first of the least distance within the limit', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', '-', 'A'), minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(word, fc.array(word, { maxLength: 6 }), (wanted, names) => {
        const far = Math.max(2, Math.floor(wanted.length / 3))
        const distances = names.map((name) => editDistance(wanted.toLowerCase(), name.toLowerCase()))
        const least = Math.min(...distances)
        expect(nearest(wanted, names)).toBe(least <= far ? names[distances.indexOf(least)] : undefined)
      }),
    )
  })
})

/** Edits (insert, delete, replace) by their recursive definition. */
function editDistance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length
  const [shortA, shortB] = [a.slice(0, -1), b.slice(0, -1)]
  if (a.at(-1) === b.at(-1)) return editDistance(shortA, shortB)
  return 1 + Math.min(editDistance(shortA, b), editDistance(a, shortB), editDistance(shortA, shortB))
}
