import { describe, expect, it } from 'vitest'
import { defined } from '#src/lib/defined.ts'
import { type Change, keyOf, Store, type Stored, splitKey } from '#src/runtime/store.ts'

interface Thing extends Stored {
  readonly owner?: string
}

const thing = (name: string, version: string, more: { uid?: string; owner?: string } = {}): Thing => ({
  metadata: { name, namespace: 'ns', uid: more.uid ?? `uid-${name}`, resourceVersion: version },
  ...defined({ owner: more.owner }),
})

function recorded(store: Store<Thing>): string[] {
  const seen: string[] = []
  store.onChange((change: Change<Thing>) => {
    const versions = [
      'was' in change ? change.was.metadata.resourceVersion : '',
      'now' in change ? change.now.metadata.resourceVersion : '',
    ]
    seen.push(`${change.type} ${change.key} ${versions.join('>')}`)
  })
  return seen
}

describe('Store', () => {
  it('tells of additions, updates and deletions with the object before and after', () => {
    const store = new Store<Thing>()
    const seen = recorded(store)
    store.put(thing('a', '1'))
    store.put(thing('a', '2'))
    store.remove(thing('a', '3'))
    expect(seen).toEqual(['added ns/a >1', 'updated ns/a 1>2', 'deleted ns/a 2>'])
  })

  it('says nothing of a version it already has', () => {
    const store = new Store<Thing>()
    const seen = recorded(store)
    store.put(thing('a', '1'))
    store.put(thing('a', '1'))
    expect(seen).toEqual(['added ns/a >1'])
  })

  it('takes an object with another uid for another object', () => {
    const store = new Store<Thing>()
    const seen = recorded(store)
    store.put(thing('a', '1', { uid: 'first' }))
    store.put(thing('a', '2', { uid: 'second' }))
    expect(seen).toEqual(['added ns/a >1', 'deleted ns/a 1>', 'added ns/a >2'])
  })

  it('finds out by a whole list what was deleted while nobody watched', () => {
    const store = new Store<Thing>()
    store.replace([thing('a', '1'), thing('b', '1'), thing('c', '1')])
    const later: string[] = []
    store.onChange((change) => later.push(`${change.type} ${change.key}`))
    later.length = 0
    store.replace([thing('b', '1'), thing('c', '2'), thing('d', '1')])
    expect(later).toEqual(['deleted ns/a', 'updated ns/c', 'added ns/d'])
    expect(store.all().map(keyOf)).toEqual(['ns/b', 'ns/c', 'ns/d'])
  })

  it('is synced after the first list, even an empty one, and not before', async () => {
    const store = new Store<Thing>()
    store.put(thing('a', '1'))
    expect(store.isSynced).toBe(false)
    const synced = store.synced()
    store.replace([])
    await synced
    expect(store.isSynced).toBe(true)
    expect(store.size).toBe(0)
  })

  it('keeps indexes true through updates and deletions', () => {
    const store = new Store<Thing>({ indexes: { owner: (object) => (object.owner ? [object.owner] : []) } })
    store.put(thing('a', '1', { owner: 'x' }))
    store.put(thing('b', '1', { owner: 'x' }))
    store.put(thing('c', '1'))
    expect(store.by('owner', 'x').map(keyOf)).toEqual(['ns/a', 'ns/b'])
    store.put(thing('a', '2', { owner: 'y' }))
    store.remove(thing('b', '2'))
    expect(store.by('owner', 'x')).toEqual([])
    expect(store.by('owner', 'y').map(keyOf)).toEqual(['ns/a'])
    store.put(thing('b', '3', { owner: 'y' }))
    expect(store.by('owner', 'x')).toEqual([])
    expect(() => store.by('colour', 'red')).toThrow('no index named colour')
  })

  it('freezes what it keeps, all the way down, and drops managedFields', () => {
    const store = new Store()
    const object = { metadata: { name: 'a', managedFields: [{}], labels: { x: 'y' } }, spec: { list: [{ a: 1 }] } }
    store.put(object)
    const kept = store.get('a')
    expect(kept?.metadata).toEqual({ name: 'a', labels: { x: 'y' } })
    expect(Object.isFrozen(object.spec.list[0])).toBe(true)
    expect(Object.isFrozen(object.metadata.labels)).toBe(true)
  })

  it('tells every handler of a change even if one of them throws', () => {
    const errors: unknown[] = []
    const store = new Store<Thing>({ onHandlerError: (error) => errors.push(error) })
    store.onChange(() => {
      throw new Error('bug')
    })
    const seen = recorded(store)
    store.put(thing('a', '1'))
    expect(seen).toHaveLength(1)
    expect(errors).toHaveLength(1)
  })

  it('tells a late handler of what is already there and stops telling it when asked', () => {
    const store = new Store<Thing>()
    store.put(thing('a', '1'))
    const seen: string[] = []
    const stop = store.onChange((change) => seen.push(change.key))
    stop()
    store.put(thing('b', '1'))
    expect(seen).toEqual(['ns/a'])
  })

  it('splits the keys that it makes', () => {
    expect(splitKey('ns/a')).toEqual({ namespace: 'ns', name: 'a' })
    expect(splitKey('node-1')).toEqual({ name: 'node-1' })
  })
})
