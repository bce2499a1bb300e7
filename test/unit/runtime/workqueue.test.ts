import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type QueueItem, WorkQueue } from '#src/runtime/workqueue.ts'
import { FakeClock, settle } from './fake-clock.ts'

const newQueue = (clock = new FakeClock()) =>
  new WorkQueue({ clock, random: () => 0, retry: { baseMs: 100, factor: 2, capMs: 1000, jitter: 0.5 } })

describe('WorkQueue', () => {
  it('hands out keys in the order in which they were added', async () => {
    const queue = newQueue()
    for (const key of ['a', 'b', 'a', 'c']) queue.add(key)
    const taken = [await queue.next(), await queue.next(), await queue.next()].map((item) => item?.key)
    expect(taken).toEqual(['a', 'b', 'c'])
    expect(queue.depth).toBe(0)
  })

  it('hands a key out once more if it was added while being handled, however often', async () => {
    const queue = newQueue()
    queue.add('a')
    await queue.next()
    queue.add('a')
    queue.add('a')
    expect(queue.depth).toBe(0)
    queue.done('a')
    expect(queue.depth).toBe(1)
    expect((await queue.next())?.key).toBe('a')
    queue.done('a')
    expect(queue.depth).toBe(0)
  })

  it('wakes a waiting worker', async () => {
    const queue = newQueue()
    const waiting = queue.next()
    queue.add('a')
    expect((await waiting)?.key).toBe('a')
  })

  it('lets keys that are in no hurry wait for those that are, but not for ever', async () => {
    const queue = newQueue()
    for (const key of ['p1', 'p2', 'p1']) queue.addPatiently(key)
    for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key)
    expect(queue.depth).toBe(7)
    const taken: (string | undefined)[] = []
    for (let index = 0; index < 7; index++) taken.push((await queue.next())?.key)
    expect(taken).toEqual(['a', 'b', 'c', 'p1', 'd', 'e', 'p2'])
    expect(queue.depth).toBe(0)
  })

  it('hands a key out once, whether it was in a hurry first or afterwards', async () => {
    const queue = newQueue()
    queue.addPatiently('x')
    queue.addPatiently('y')
    queue.add('y')
    queue.addPatiently('y')
    expect([(await queue.next())?.key, (await queue.next())?.key, queue.depth]).toEqual(['y', 'x', 0])
    queue.addPatiently('y')
    queue.done('y')
    expect((await queue.next())?.key).toBe('y')
  })

  it('wakes a waiting worker, also for a key that is in no hurry', async () => {
    const queue = newQueue()
    const waiting = queue.next()
    queue.addPatiently('a')
    expect((await waiting)?.key).toBe('a')
  })

  it('tells how long a key waited', async () => {
    const clock = new FakeClock()
    const queue = newQueue(clock)
    queue.add('a')
    await clock.advance(70)
    expect(await queue.next()).toEqual({ key: 'a', waitedMs: 70 })
  })

  it('keeps the earlier of two delays of one key', async () => {
    const clock = new FakeClock()
    const queue = newQueue(clock)
    queue.addAfter('a', 500)
    queue.addAfter('a', 100)
    queue.addAfter('a', 900)
    await clock.advance(99)
    expect(queue.depth).toBe(0)
    await clock.advance(1)
    expect(queue.depth).toBe(1)
    queue.done((await queue.next())?.key ?? '')
    await clock.advance(2000)
    expect(queue.depth).toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })

  it('doubles the wait of a failing key up to the cap, and starts over once it is forgotten', () => {
    const queue = newQueue()
    expect([1, 2, 3, 4, 5, 6].map(() => queue.addRateLimited('a'))).toEqual([100, 200, 400, 800, 1000, 1000])
    expect(queue.addRateLimited('b')).toBe(100)
    queue.forget('a')
    expect(queue.addRateLimited('a')).toBe(100)
  })

  it('drains on close: what waits is handed out, then workers are dismissed, then close resolves', async () => {
    const queue = newQueue()
    queue.add('a')
    queue.add('b')
    queue.addAfter('later', 10)
    let closed = false
    const closing = queue.close().then(() => {
      closed = true
    })
    queue.add('c')
    expect((await queue.next())?.key).toBe('a')
    expect((await queue.next())?.key).toBe('b')
    const idleWorker = queue.next()
    queue.done('a')
    await settle()
    expect(closed).toBe(false)
    queue.done('b')
    await closing
    expect(await idleWorker).toBeUndefined()
    expect(await queue.next()).toBeUndefined()
    expect(queue.delayed).toBe(0)
  })

  it('drops what waits when closed with drop, but still waits for what is being handled', async () => {
    const queue = newQueue()
    queue.add('a')
    await queue.next()
    queue.add('a')
    queue.add('b')
    const closing = queue.close({ drop: true })
    expect(await queue.next()).toBeUndefined()
    queue.done('a')
    await closing
    expect(await queue.next()).toBeUndefined()
  })

  it('never hands a key out twice at once and never loses one, whatever the order of events', async () => {
    await fc.assert(fc.asyncProperty(fc.array(operation, { maxLength: 60 }), replay), { numRuns: 500 })
  })
})

type Operation =
  | { readonly do: 'add' | 'again'; readonly key: string }
  | { readonly do: 'later'; readonly key: string; readonly ms: number }
  | { readonly do: 'take' }
  | { readonly do: 'finish'; readonly index: number }
  | { readonly do: 'wait'; readonly ms: number }

const key = fc.constantFrom('a', 'b', 'c', 'd')
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ do: fc.constant('add' as const), key }),
  fc.record({ do: fc.constant('again' as const), key }),
  fc.record({ do: fc.constant('later' as const), key, ms: fc.nat(300) }),
  fc.record({ do: fc.constant('take' as const) }),
  fc.record({ do: fc.constant('finish' as const), index: fc.nat(10) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(300) }),
)

/** Plays operations against the queue and a model that knows what was asked for, what was given, and what is owed. */
async function replay(operations: readonly Operation[]): Promise<void> {
  const clock = new FakeClock()
  const queue = newQueue(clock)
  /** Keys asked for since they were last given. */
  const owed = new Set<string>()
  const balance = new Map<string, number>()
  const busy: string[] = []
  const faults: string[] = []
  const taken = (item: QueueItem | undefined) => {
    if (item === undefined) return
    const left = (balance.get(item.key) ?? 0) - 1
    if (left < 0) faults.push(`${item.key} was given more often than asked for`)
    if (busy.includes(item.key)) faults.push(`${item.key} was given while being handled`)
    balance.set(item.key, left)
    owed.delete(item.key)
    busy.push(item.key)
  }
  for (const step of operations) {
    if ('key' in step) {
      owed.add(step.key)
      balance.set(step.key, (balance.get(step.key) ?? 0) + 1)
    }
    if (step.do === 'add') queue.add(step.key)
    else if (step.do === 'again') queue.addRateLimited(step.key)
    else if (step.do === 'later') queue.addAfter(step.key, step.ms)
    else if (step.do === 'take') void queue.next().then(taken)
    else if (step.do === 'wait') await clock.advance(step.ms)
    else if (step.do === 'finish') {
      const [finished] = busy.splice(step.index % Math.max(1, busy.length), 1)
      if (finished !== undefined) queue.done(finished)
    }
    await settle()
  }
  // The longest backoff is 1 s and each round finishes what it takes: what 200 rounds do not bring is lost.
  for (
    let round = 0;
    round < 200 && (owed.size > 0 || busy.length > 0 || queue.delayed > 0 || queue.depth > 0);
    round++
  ) {
    if (queue.depth > 0) taken(await queue.next())
    for (const finished of busy.splice(0)) queue.done(finished)
    await clock.advance(1000)
  }
  expect([...owed]).toEqual([])
  expect(faults).toEqual([])
  expect(clock.pendingTimers).toBe(0)
}
