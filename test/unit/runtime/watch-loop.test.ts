import { describe, expect, it } from 'vitest'
import { pause } from '#src/runtime/clock.ts'
import { Store, type Stored } from '#src/runtime/store.ts'
import { type Page, type WatchEvent, WatchLoop, type WatchSource } from '#src/runtime/watch-loop.ts'
import type { WatchState } from '#src/runtime/watch-state.ts'
import { FakeClock } from './fake-clock.ts'

const object = (name: string, resourceVersion: string): Stored => ({ metadata: { name, uid: name, resourceVersion } })
const gone = new Error('410')
const tooLarge = new Error('too large')

/** A server that answers as scripted: each list and each watch takes the next entry; when out of them, it hangs. */
class ScriptedSource implements WatchSource<Stored> {
  readonly lists: (Page<Stored> | Error)[] = []
  readonly watches: (WatchEvent<Stored>[] | Error | 'hang' | 'unanswered' | 'minutely')[] = []
  readonly calls: string[] = []
  readonly clock = new FakeClock()

  async list(page: { limit: number; next?: string }, signal: AbortSignal): Promise<Page<Stored>> {
    this.calls.push(`list limit=${page.limit}${page.next ? ` next=${page.next}` : ''}`)
    const answer = this.lists.shift()
    if (answer instanceof Error) throw answer
    return answer ?? never(signal)
  }

  async *watch(
    from: { resourceVersion: string; seconds: number },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<Stored>> {
    this.calls.push(`watch ${from.resourceVersion}`)
    expect(from.seconds).toBeGreaterThanOrEqual(240)
    expect(from.seconds).toBeLessThanOrEqual(300)
    const answer = this.watches.shift()
    if (answer instanceof Error) throw answer
    if (answer === 'unanswered') return never(signal)
    yield { type: 'open' }
    if (answer === 'minutely') {
      for (let version = 6; !signal.aborted; version++) {
        await pause(this.clock, 60_000, signal)
        yield { type: 'bookmark', resourceVersion: String(version) }
      }
      return
    }
    if (answer === undefined || answer === 'hang') return never(signal)
    for (const event of answer) {
      yield event
      if (event.type === 'put' && event.object.metadata.name === 'hang') await never(signal)
    }
  }

  isExpired(error: unknown): boolean {
    return error === gone
  }

  isTooLarge(error: unknown): boolean {
    return error === tooLarge
  }
}

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

function begin(source: ScriptedSource) {
  const { clock } = source
  const store = new Store()
  const errors: unknown[] = []
  const states: WatchState['kind'][] = []
  const loop = new WatchLoop({
    source,
    sink: store,
    clock,
    random: () => 0,
    onError: (error) => errors.push(error),
    onState: (state) => states.push(state.kind),
  })
  const stop = new AbortController()
  const running = loop.run(stop.signal)
  return {
    clock,
    store,
    errors,
    states,
    loop,
    stop,
    running,
    names: () => store.all().map((kept) => kept.metadata.name),
  }
}

describe('WatchLoop', () => {
  it('lists all pages, then follows the watch from the version of the list', async () => {
    const source = new ScriptedSource()
    source.lists.push({ items: [object('a', '1')], resourceVersion: '5', next: 'p2' })
    source.lists.push({ items: [object('b', '2')], resourceVersion: '5' })
    source.watches.push([
      { type: 'put', object: object('c', '6') },
      { type: 'remove', object: object('a', '7') },
      { type: 'put', object: object('hang', '8') },
    ])
    const run = begin(source)
    await run.clock.advance(0)
    expect(source.calls).toEqual(['list limit=500', 'list limit=500 next=p2', 'watch 5'])
    expect(run.names()).toEqual(['b', 'c', 'hang'])
    expect(run.store.isSynced).toBe(true)
    expect(run.errors).toEqual([])
  })

  it('keeps trying to list for as long as it fails, waiting longer each time up to 30 s', async () => {
    const source = new ScriptedSource()
    for (let i = 0; i < 12; i++) source.lists.push(new Error('refused'))
    source.lists.push({ items: [object('a', '1')], resourceVersion: '1' })
    const run = begin(source)
    await run.clock.advance(500 + 1000 + 2000 - 1)
    expect(source.calls).toHaveLength(3)
    await run.clock.advance(1)
    expect(source.calls).toHaveLength(4)
    expect(run.store.isSynced).toBe(false)
    await run.clock.advance(300_000)
    expect(run.names()).toEqual(['a'])
    expect(run.errors).toHaveLength(12)
  })

  it('resumes a broken watch where it was, without a list', async () => {
    const source = new ScriptedSource()
    source.lists.push({ items: [], resourceVersion: '5' })
    source.watches.push(new Error('reset'))
    source.watches.push([{ type: 'put', object: object('a', '9') }])
    source.watches.push([{ type: 'bookmark', resourceVersion: '20' }])
    const run = begin(source)
    await run.clock.advance(10_000)
    expect(source.calls).toEqual(['list limit=500', 'watch 5', 'watch 5', 'watch 9', 'watch 20'])
    expect(run.names()).toEqual(['a'])
  })

  it('lists again when the server has forgotten its version, and deletes what is no longer there', async () => {
    const source = new ScriptedSource()
    source.lists.push({ items: [object('a', '1'), object('b', '2')], resourceVersion: '5' })
    source.watches.push(gone)
    source.lists.push({ items: [object('b', '2')], resourceVersion: '50' })
    const run = begin(source)
    const deleted: string[] = []
    run.store.onChange((change) => change.type === 'deleted' && deleted.push(change.key))
    await run.clock.advance(10_000)
    expect(source.calls).toEqual(['list limit=500', 'watch 5', 'list limit=500', 'watch 50'])
    expect(deleted).toEqual(['a'])
  })

  it('asks for shorter pages where one is too large, and fails only where a single object is', async () => {
    const source = new ScriptedSource()
    source.lists.push(tooLarge, { items: [object('a', '1')], resourceVersion: '5', next: 'p2' }, tooLarge)
    source.lists.push({ items: [object('b', '2')], resourceVersion: '5' })
    const { store, stop } = begin(source)
    await source.clock.advance(0)
    expect(source.calls).toEqual([
      'list limit=500',
      'list limit=250',
      'list limit=250 next=p2',
      'list limit=125 next=p2',
      'watch 5',
    ])
    expect(store.all().map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
    stop.abort()
    const hopeless = new ScriptedSource()
    for (let i = 0; i < 9; i++) hopeless.lists.push(tooLarge)
    const other = begin(hopeless)
    await hopeless.clock.advance(0)
    expect([hopeless.calls.at(-1), other.errors]).toEqual(['list limit=1', [tooLarge]])
    other.stop.abort()
  })

  it('reads the whole list in one piece when its pages expire half-way', async () => {
    const source = new ScriptedSource()
    source.lists.push({ items: [object('a', '1')], resourceVersion: '5', next: 'p2' }, gone)
    source.lists.push({ items: [object('a', '1'), object('b', '2')], resourceVersion: '7' })
    const run = begin(source)
    await run.clock.advance(0)
    expect(source.calls).toEqual(['list limit=500', 'list limit=500 next=p2', 'list limit=0', 'watch 7'])
    expect(run.names()).toEqual(['a', 'b'])
  })

  it('opens a watch anew that has been silent for 90 s, without calling silence an error', async () => {
    const source = new ScriptedSource()
    source.lists.push({ items: [], resourceVersion: '5' })
    source.watches.push('hang', 'hang', [{ type: 'put', object: object('hang', '6') }])
    const run = begin(source)
    await run.clock.advance(89_000)
    expect(source.calls).toHaveLength(2)
    expect(run.loop.silentSeconds).toBe(89)
    await run.clock.advance(1_000)
    expect(source.calls).toEqual(['list limit=500', 'watch 5', 'watch 5'])
    expect(run.loop.silentSeconds).toBe(0)
    await run.clock.advance(90_000)
    expect(source.calls).toEqual(['list limit=500', 'watch 5', 'watch 5', 'watch 5'])
    expect(run.names()).toEqual(['hang'])
    expect(run.errors).toEqual([])
  })

  it('leaves a watch alone for as long as it hears something every minute', async () => {
    const source = new ScriptedSource()
    source.lists.push({ items: [], resourceVersion: '5' })
    source.watches.push('minutely')
    const run = begin(source)
    await run.clock.advance(600_000)
    expect(source.calls).toEqual(['list limit=500', 'watch 5'])
    expect(run.loop.state).toMatchObject({ kind: 'watching' })
  })

  it('calls it an error when a watch is not even answered', async () => {
    const source = new ScriptedSource()
    source.lists.push({ items: [], resourceVersion: '5' })
    source.watches.push('unanswered')
    const run = begin(source)
    await run.clock.advance(91_000)
    expect(String(run.errors[0])).toContain('silent')
    expect(run.loop.silentSeconds).toBeLessThan(2)
  })

  it('lists again when five watches in a row brought nothing', async () => {
    const source = new ScriptedSource()
    source.lists.push({ items: [], resourceVersion: '5' })
    for (let i = 0; i < 5; i++) source.watches.push(new Error('bad'))
    source.lists.push({ items: [], resourceVersion: '6' })
    const run = begin(source)
    await run.clock.advance(60_000)
    expect(source.calls.slice(-2)).toEqual(['list limit=500', 'watch 6'])
    expect(source.calls).toHaveLength(8)
  })

  it('does not spin when the server closes every watch at once', async () => {
    const source = new ScriptedSource()
    source.lists.push({ items: [], resourceVersion: '5' })
    for (let i = 0; i < 1000; i++) source.watches.push([])
    for (let i = 0; i < 1000; i++) source.lists.push({ items: [], resourceVersion: '5' })
    const run = begin(source)
    await run.clock.advance(60_000)
    expect(source.calls.length).toBeLessThan(25)
    expect(source.calls.length).toBeGreaterThan(5)
  })

  it('stops when told to, from a watch, a list or a wait', async () => {
    for (const prepare of [
      (source: ScriptedSource) => source.lists.push({ items: [], resourceVersion: '5' }),
      () => {},
      (source: ScriptedSource) => source.lists.push(new Error('refused')),
    ]) {
      const source = new ScriptedSource()
      prepare(source)
      const run = begin(source)
      await run.clock.advance(100)
      run.stop.abort()
      await run.running
      expect(run.loop.state.kind).toBe('stopped')
      expect(run.clock.pendingTimers).toBe(0)
    }
  })
})
