import { describe, expect, it } from 'vitest'
import { Turn } from '#webhooks/turn.ts'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('a turn of the event loop', () => {
  it('holds up nobody who comes alone', async () => {
    const turn = new Turn()
    for (let request = 0; request < 3; request++) {
      expect(turn.next()).toBeUndefined()
      await nextTurn()
    }
  })

  it('after one with company, lets all who come go on together and in their order', async () => {
    const turn = new Turn()
    turn.next()
    turn.next()
    await nextTurn()
    const order: string[] = []
    const going = ['first', 'second', 'third'].map((name) => turn.next()?.then(() => order.push(name)))
    await Promise.resolve()
    expect(order).toEqual([])
    await Promise.all(going)
    expect(order).toEqual(['first', 'second', 'third'])
  })

  it('goes back to holding up nobody once they come one by one again', async () => {
    const turn = new Turn()
    turn.next()
    turn.next()
    await nextTurn()
    await turn.next()
    expect(turn.next()).toBeUndefined()
  })
})
