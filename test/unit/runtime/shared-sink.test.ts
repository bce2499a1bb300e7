import { describe, expect, it } from 'vitest'
import { sharedSinks } from '#src/runtime/shared-sink.ts'
import { keyOf, Store, type Stored } from '#src/runtime/store.ts'

const object = (namespace: string, name: string, resourceVersion = '1'): Stored => ({
  metadata: { namespace, name, uid: `${namespace}-${name}`, resourceVersion },
})

function setup() {
  const store = new Store<Stored>()
  const sinks = sharedSinks(store, ['a', 'b'])
  const told: string[] = []
  store.onChange(({ type, key }) => told.push(`${type} ${key}`))
  const [a, b] = [sinks.get('a'), sinks.get('b')]
  if (a === undefined || b === undefined) throw new Error('a namespace has no sink')
  return { store, a, b, told, keys: () => store.all().map(keyOf).sort() }
}

describe('a store that is filled namespace by namespace', () => {
  it('is synced when all have been listed, with what the first ones heard meanwhile', () => {
    const { store, a, b, keys } = setup()
    a.replace([object('a', 'one'), object('a', 'two')])
    a.put(object('a', 'three'))
    a.remove(object('a', 'one'))
    expect([store.isSynced, keys()]).toEqual([false, []])
    b.replace([object('b', 'one')])
    expect([store.isSynced, keys()]).toEqual([true, ['a/three', 'a/two', 'b/one']])
  })

  it('takes what a later list lacks for deleted, of that namespace only', () => {
    const { a, b, told, keys } = setup()
    a.replace([object('a', 'one'), object('a', 'two')])
    b.replace([object('b', 'one')])
    told.length = 0
    a.replace([object('a', 'two'), object('a', 'four')])
    expect(told).toEqual(['deleted a/one', 'added a/four'])
    expect(keys()).toEqual(['a/four', 'a/two', 'b/one'])
  })

  it('forgets an early list of a namespace when that is listed again before the others', () => {
    const { a, b, keys } = setup()
    a.replace([object('a', 'gone')])
    a.replace([object('a', 'here')])
    b.replace([])
    expect(keys()).toEqual(['a/here'])
  })

  it('passes single changes on afterwards', () => {
    const { a, b, keys } = setup()
    a.replace([])
    b.replace([])
    b.put(object('b', 'new'))
    a.put(object('a', 'new'))
    b.remove(object('b', 'new'))
    expect(keys()).toEqual(['a/new'])
  })
})
