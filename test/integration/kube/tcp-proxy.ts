import { connect, createServer, type Socket } from 'node:net'

/** A TCP relay whose faults can be chosen: cut every connection, refuse new ones, or go silent as a dead network does. */
export interface TcpProxy {
  readonly port: number
  /** Closes what is open and refuses what comes, until `mend`. */
  cut(): void
  /** Keeps connections open but carries nothing on those that exist now; new ones work. */
  freeze(): void
  mend(): void
  stop(): Promise<void>
}

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<{ near: Socket; far: Socket }>()
  let refusing = false
  const server = createServer((near) => {
    if (refusing) return near.destroy()
    const far = connect(target)
    const pair = { near, far }
    pairs.add(pair)
    near.pipe(far)
    far.pipe(near)
    const end = () => {
      near.destroy()
      far.destroy()
      pairs.delete(pair)
    }
    for (const socket of [near, far]) socket.on('error', end).on('close', end)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const closeAll = () => {
    for (const { near, far } of pairs) {
      near.destroy()
      far.destroy()
    }
  }
  return {
    port: address.port,
    cut() {
      refusing = true
      closeAll()
    },
    freeze() {
      for (const { near, far } of pairs) {
        near.unpipe(far)
        far.unpipe(near)
        near.pause()
        far.pause()
      }
    },
    mend() {
      refusing = false
    },
    stop() {
      closeAll()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
