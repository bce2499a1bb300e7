import { describe, expect, it } from 'vitest'
import type { ObjectMeta } from '#src/api/objects.ts'
import { NamedObjects } from '#src/kube/named-objects.ts'
import { FakeClock } from '../runtime/fake-clock.ts'

const signal = new AbortController().signal
const look = (name: string, isFresh = false) => ({ namespace: 'default', name, signal, isFresh })

/** Objects by `Kind/name`, and what was asked for. */
function setup(known: Record<string, { metadata: Partial<ObjectMeta>; data?: Record<string, string> }>) {
  const asked: string[] = []
  const clock = new FakeClock()
  const find = async ({ kind, name }: { readonly kind: string; readonly name: string }) => {
    asked.push(`${kind}/${name}`)
    return known[`${kind}/${name}`]
  }
  const client = { get: find, metadata: async (ref: { kind: string; name: string }) => (await find(ref))?.metadata }
  return { named: new NamedObjects(client as never, clock), asked, clock, known }
}

describe('Secrets and ConfigMaps by name', () => {
  it('are asked for once in a burst of looks, and again for whoever must not act on a memory', async () => {
    const { named, asked } = setup({ 'Secret/a': { metadata: {} } })
    for (let count = 0; count < 10; count++) expect(await named.presence(look('a'))).toBe('found')
    expect(asked).toEqual(['Secret/a'])
    await named.presence(look('a', true))
    expect(asked.length).toBe(2)
  })

  it('are missing for a moment only: somebody may just have made them', async () => {
    const { named, clock, known } = setup({})
    expect([await named.presence(look('a')), await named.file(look('b'))]).toEqual(['missing', undefined])
    known['Secret/a'] = { metadata: {} }
    known['ConfigMap/b'] = { metadata: { resourceVersion: '7' }, data: { c: 'd' } }
    await clock.advance(2_000)
    expect(await named.presence(look('a'))).toBe('found')
    expect(await named.file(look('b'))).toEqual({ version: '7', data: { c: 'd' } })
  })

  it('are not kept where they are large', async () => {
    const { named, asked } = setup({ 'ConfigMap/large': { metadata: {}, data: { file: 'x'.repeat(1_000_000) } } })
    await named.file(look('large'))
    await named.file(look('large'))
    expect(asked.length).toBe(2)
  })

  it('of a name that nothing can have are missing without a question', async () => {
    const { named, asked } = setup({})
    expect([await named.presence(look('No/Such')), asked]).toEqual(['missing', []])
  })
})
