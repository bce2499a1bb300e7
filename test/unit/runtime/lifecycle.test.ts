import { describe, expect, it } from 'vitest'
import { type Component, Lifecycle } from '#src/runtime/lifecycle.ts'
import { FakeClock, settle } from './fake-clock.ts'

function noting(log: string[], name: string, more: Partial<Component> = {}): Component {
  return {
    name,
    start: () => {
      log.push(`+${name}`)
    },
    stop: () => {
      log.push(`-${name}`)
    },
    ...more,
  }
}

describe('Lifecycle', () => {
  it('starts in order and stops in reverse', async () => {
    const log: string[] = []
    const life = new Lifecycle([noting(log, 'a'), noting(log, 'b'), { name: 'c' }], {
      clock: new FakeClock(),
      stopWithinMs: 100,
    })
    await life.start()
    expect(await life.stop()).toEqual([])
    expect(log).toEqual(['+a', '+b', '-b', '-a'])
  })

  it('stops what had started when a later one fails, and says which one failed and why', async () => {
    const log: string[] = []
    const broken = noting(log, 'b', { start: () => Promise.reject(new Error('port in use')) })
    const life = new Lifecycle([noting(log, 'a'), broken, noting(log, 'c')], {
      clock: new FakeClock(),
      stopWithinMs: 100,
    })
    await expect(life.start()).rejects.toMatchObject({ message: 'b did not start', cause: { message: 'port in use' } })
    expect(log).toEqual(['+a', '-b', '-a'])
  })

  it('does not wait beyond the common deadline, and still stops the others', async () => {
    const clock = new FakeClock()
    const log: string[] = []
    const stuck = noting(log, 'b', { stop: () => new Promise<void>(() => {}) })
    const life = new Lifecycle([noting(log, 'a'), stuck], { clock, stopWithinMs: 5000 })
    await life.start()
    const stopping = life.stop()
    await clock.advance(4999)
    expect(log).toEqual(['+a', '+b'])
    await clock.advance(1)
    expect(await stopping).toEqual(['b'])
    expect(log).toEqual(['+a', '+b', '-a'])
  })

  it('goes on stopping when one of them throws', async () => {
    const log: string[] = []
    const errors: string[] = []
    const bad = noting(log, 'b', {
      stop: () => {
        throw new Error('no')
      },
    })
    const life = new Lifecycle([noting(log, 'a'), bad], {
      clock: new FakeClock(),
      stopWithinMs: 100,
      onError: (_, name) => errors.push(name),
    })
    await life.start()
    expect(await life.stop()).toEqual([])
    expect(log).toEqual(['+a', '+b', '-a'])
    expect(errors).toEqual(['b'])
  })

  it('starts nothing more once it was told to stop', async () => {
    const log: string[] = []
    const releases: (() => void)[] = []
    const slow = noting(log, 'a', { start: () => new Promise<void>((resolve) => releases.push(resolve)) })
    const life = new Lifecycle([slow, noting(log, 'b')], { clock: new FakeClock(), stopWithinMs: 100 })
    const starting = life.start()
    await settle()
    await life.stop()
    releases[0]?.()
    await starting
    expect(log).toEqual(['-a'])
  })
})
