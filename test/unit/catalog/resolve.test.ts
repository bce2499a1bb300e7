import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { isHubId, resolveModel } from '#src/catalog/resolve.ts'

const resolve = (name: string) => resolveModel(builtInCatalog, name)

describe('resolveModel', () => {
  it.each([
    ['phi-3-mini-128k-instruct', 'phi-3-mini-128k-instruct'],
    ['Phi-3-Mini-128K-Instruct', 'phi-3-mini-128k-instruct'],
    ['microsoft/phi-3-mini-128k-instruct', 'phi-3-mini-128k-instruct'],
    ['gemma-3-4b-it', 'gemma-3-4b-instruct'],
    ['Qwen/Qwen3.8-27B', 'Qwen/Qwen3.8-27B'],
  ])('takes %s for the preset %s', (name, preset) => {
    expect(resolve(name)).toMatchObject({ kind: 'preset', preset: { name: preset } })
  })

  it('says of a retired name why, and what to use', () => {
    expect(resolve('falcon-7b')).toMatchObject({ kind: 'retired', use: 'mistral-7b', reason: expect.any(String) })
  })

  it('accepts a Hugging Face id that the catalog does not hold', () => {
    expect(resolve('tiiuae/falcon-7b')).toEqual({ kind: 'hub', id: 'tiiuae/falcon-7b' })
  })

  it('suggests the nearest name that is not retired', () => {
    expect(resolve('phi-3-mini-128k-instrct')).toEqual({ kind: 'unknown', nearest: 'phi-3-mini-128k-instruct' })
    expect(resolve('phi-2b')).not.toMatchObject({ nearest: 'phi-2' })
    expect(resolve('')).toEqual({ kind: 'unknown' })
  })
})

describe('isHubId', () => {
  it.each([
    'a',
    'a/b/c',
    '/b',
    'a/',
    '../b',
    'a/..',
    'a/.b',
    'a/b.',
    'a/b--c',
    'a/b..c',
    'a/b.git',
    'a b/c',
    'a/b?x',
    `a/${'b'.repeat(95)}`,
  ])('refuses %j', (text) => {
    expect(isHubId(text)).toBe(false)
  })

  it('lets nothing through that could leave its place in a path or a URL', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aZ9._-/%?#@:\\ \n'), maxLength: 12 }), (text) => {
        if (!isHubId(text)) return
        expect(new URL(`https://hub.example/${text}/resolve`).pathname).toBe(`/${text}/resolve`)
        expect(text.split('/')).toHaveLength(2)
      }),
      { numRuns: 2000 },
    )
  })
})
