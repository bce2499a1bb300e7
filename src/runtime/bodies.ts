import type { IncomingMessage } from 'node:http'

/** A whole body. Whoever was given it says when it is not needed any more. */
export interface Received {
  readonly bytes: Buffer
  release(): void
}

/** Why a body was not taken, with the HTTP status that says so. */
export class BodyRefused extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

export interface BodyBudget {
  /** Bytes of all bodies together, from their first byte to their answer. */
  readonly all: number
  /** What callers at one address may hold of it. The rest is a reserve for everybody else. */
  readonly ofOneAddress: number
}

/** What a piece of a body costs beside its bytes: a client that sends single bytes must not get objects for nothing. */
const PIECE = 256

/**
 * Reads bodies within one budget. Where it is used up, somebody's unfinished body has to go, and it is the oldest of the
 * address that holds most: a good caller sends a body at once and as a whole, and whoever fills the memory of others does not.
 */
export class Bodies {
  readonly #budget: BodyBudget
  readonly #holders = new Map<string, Holder>()
  #held = 0

  constructor(budget: BodyBudget) {
    this.#budget = budget
  }

  /** `most`: bytes of this one body. */
  receive(stream: IncomingMessage, most: number, done: (error: BodyRefused | null, body?: Received) => void): void {
    const address = stream.socket.remoteAddress ?? ''
    const holder = this.#holders.get(address) ?? { held: 0, unfinished: new Set(), count: 0 }
    this.#holders.set(address, holder)
    const pieces: Buffer[] = []
    let size = 0
    let cost = 0
    let isOver = false
    const body: Unfinished = { refuse: (code, why) => settle(new BodyRefused(code, why)) }
    const release = () => {
      this.#held -= cost
      holder.held -= cost
      cost = 0
      if (--holder.count === 0) this.#holders.delete(address)
    }
    const settle = (error: BodyRefused | null) => {
      if (isOver) return
      isOver = true
      holder.unfinished.delete(body)
      if (error === null) {
        done(null, { bytes: Buffer.concat(pieces, size), release })
        return
      }
      pieces.length = 0
      release()
      stream.resume()
      done(error)
    }
    holder.count++
    holder.unfinished.add(body)
    if (Number(stream.headers['content-length'] ?? 0) > most) {
      body.refuse(413, tooLarge(most))
      return
    }
    stream.on('data', (piece: Buffer) => {
      if (isOver) return
      pieces.push(piece)
      size += piece.length
      const price = piece.length + PIECE
      cost += price
      this.#held += price
      holder.held += price
      if (size > most) body.refuse(413, tooLarge(most))
      else this.#makeRoom(holder)
    })
    stream.once('end', () => settle(null))
    stream.once('error', () => body.refuse(400, GONE))
    stream.once('close', () => body.refuse(400, GONE))
  }

  #makeRoom(holder: Holder): void {
    while (holder.held > this.#budget.ofOneAddress) if (!dropOldest(holder)) break
    while (this.#held > this.#budget.all) if (!dropOldest(this.#largest())) break
  }

  /** The address that holds most, of those that have something which can be dropped. */
  #largest(): Holder | undefined {
    let largest: Holder | undefined
    for (const holder of this.#holders.values()) {
      if (holder.unfinished.size > 0 && holder.held > (largest?.held ?? 0)) largest = holder
    }
    return largest
  }
}

interface Holder {
  held: number
  /** Bodies that it has under way or in hand. */
  count: number
  /** Oldest first. */
  readonly unfinished: Set<Unfinished>
}

interface Unfinished {
  refuse(code: number, why: string): void
}

function dropOldest(holder: Holder | undefined): boolean {
  const [oldest] = holder?.unfinished ?? []
  oldest?.refuse(503, 'too much is being sent at once; try again')
  return oldest !== undefined
}

const tooLarge = (most: number) => `the body is larger than ${most} bytes`

const GONE = 'the caller hung up'
