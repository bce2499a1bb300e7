import { describe, expect, it } from 'vitest'
import { RememberedLookups } from '#src/kube/remembered-lookups.ts'
import type { Lookup } from '#src/reading/facts.ts'

type Found = Lookup<{ readonly a: string }>

/** Each look-up waits until the test answers it. */
function slowServer() {
  const asked: ((found: Found) => void)[] = []
  const lookups = new RememberedLookups<{ readonly a: string }>(() => new Promise((resolve) => asked.push(resolve)))
  return { asked, lookups }
}

const found = (a: string): Found => ({ state: 'found', value: { a } })

describe('look-ups that share one budget', () => {
  it('say what is known when it is used up, and that the rest is not', async () => {
    const { asked, lookups } = slowServer()
    const over = new AbortController()
    const answer = lookups.all('ns', ['quick', 'slow'], 'recent', over.signal)
    asked[0]?.(found('1'))
    await new Promise(setImmediate)
    over.abort()
    expect(Object.fromEntries((await answer).values)).toEqual({ quick: found('1'), slow: { state: 'unknown' } })
    // It came too late for that one, and in time for the next.
    asked[1]?.(found('2'))
    await new Promise(setImmediate)
    expect(lookups.recent('ns', ['quick', 'slow'])?.get('slow')).toEqual(found('2'))
  })

  it('know nothing new once it is used up: the second look of an answer is no longer one', async () => {
    const { lookups } = slowServer()
    const { values, isFresh } = await lookups.all('ns', ['a'], 'fresh', AbortSignal.abort())
    expect([values.get('a'), isFresh]).toEqual([{ state: 'unknown' }, true])
  })

  it('wait for each other: who has little time does not take it from the one who asks along', async () => {
    const { asked, lookups } = slowServer()
    const hasty = lookups.all('ns', ['a'], 'recent', AbortSignal.abort())
    const patient = lookups.all('ns', ['a'], 'recent', new AbortController().signal)
    expect((await hasty).values.get('a')).toEqual({ state: 'unknown' })
    asked[0]?.(found('1'))
    expect((await patient).values.get('a')).toEqual(found('1'))
    expect(asked).toHaveLength(1)
  })
})
