import { describe, expect, it } from 'vitest'
import { Lookout } from '#src/runtime/lookout.ts'
import { FakeClock } from './fake-clock.ts'

/** A lookout over objects that exist in these versions, with what it asked and whom it told. */
function setup(versions: Record<string, string | undefined> = {}) {
  const clock = new FakeClock()
  const asked: string[] = []
  const told: string[] = []
  const lookout = new Lookout({
    clock,
    versionOf: async (id) => {
      asked.push(id)
      if (versions[id] === 'forbidden') throw new Error('403')
      return versions[id]
    },
    onChange: (key) => told.push(key),
  })
  const missing = (...ids: string[]) => ids.map((id) => ({ id, version: undefined }))
  return { clock, asked, told, lookout, versions, missing }
}

describe('a lookout', () => {
  it('tells all that wait for an object once, when it is there, and forgets it', async () => {
    const { clock, told, lookout, versions, missing, asked } = setup()
    lookout.await('a', missing('secret'))
    lookout.await('b', missing('secret'))
    await clock.advance(60_000)
    expect(told).toEqual([])
    versions['secret'] = '1'
    await clock.advance(60_000)
    expect(told).toEqual(['a', 'b'])
    const before = asked.length
    await clock.advance(3_600_000)
    expect(asked.length).toBe(before)
    expect(clock.pendingTimers).toBe(0)
  })

  it('takes another version for a change, and no object at all', async () => {
    const { clock, told, lookout, versions } = setup({ file: '7', other: '1' })
    lookout.await('a', [{ id: 'file', version: '7' }])
    lookout.await('b', [{ id: 'other', version: '1' }])
    await clock.advance(60_000)
    expect(told).toEqual([])
    versions['file'] = '8'
    delete versions['other']
    await clock.advance(60_000)
    expect(told.toSorted()).toEqual(['a', 'b'])
  })

  it('asks once for many that wait for the same, ever more seldom, and within ten minutes at most', async () => {
    const { clock, asked, lookout, missing } = setup()
    for (let index = 0; index < 1_000; index++) lookout.await(`w-${index}`, missing('secret'))
    await clock.advance(60_000)
    expect(asked.length).toBeLessThanOrEqual(6)
    await clock.advance(86_400_000)
    const before = asked.length
    await clock.advance(3_600_000)
    expect(asked.length - before).toBe(6)
  })

  it('asks twice a second at most however many objects are waited for, and newly missing ones are not last', async () => {
    const { clock, asked, told, lookout, versions, missing } = setup()
    for (let index = 0; index < 5_000; index++) lookout.await(`w-${index}`, missing(`secret-${index}`))
    await clock.advance(600_000)
    expect(asked.length).toBeLessThanOrEqual(1_200)
    lookout.await('new', missing('new'))
    versions['new'] = '1'
    await clock.advance(15_000)
    expect(told).toEqual(['new'])
    // The old ones have their turns, too.
    versions['secret-4999'] = '1'
    await clock.advance(5_000 * 2_000)
    expect(told).toEqual(['new', 'w-4999'])
  })

  it('asks for nothing that nobody waits for any more', async () => {
    const { clock, asked, lookout, missing } = setup()
    lookout.await('a', missing('one', 'two'))
    lookout.await('a', missing('two'))
    await clock.advance(30_000)
    expect(new Set(asked)).toEqual(new Set(['two']))
    lookout.await('a', [])
    expect([lookout.size, clock.pendingTimers]).toEqual([0, 1])
    await clock.advance(600_000)
    expect(clock.pendingTimers).toBe(0)
  })

  it('goes on asking where nobody can say', async () => {
    const { clock, told, lookout, versions, missing } = setup({ secret: 'forbidden' })
    lookout.await('a', missing('secret'))
    await clock.advance(60_000)
    expect(told).toEqual([])
    versions['secret'] = '1'
    await clock.advance(60_000)
    expect(told).toEqual(['a'])
  })

  it('looks no more once it is stopped', async () => {
    const { clock, asked, lookout, missing } = setup()
    lookout.await('a', missing('secret'))
    lookout.stop()
    lookout.await('b', missing('secret'))
    await clock.advance(600_000)
    expect(asked).toEqual([])
  })
})
