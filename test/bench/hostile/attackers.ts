import { connect as tcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'

export interface Attackers {
  readonly held: () => number
  readonly end: () => void
}

export interface AttackOptions {
  readonly port: number
  readonly ca: string
  /** The address to come from: another one than the API server's, or the same. */
  readonly from: string
  readonly count: number
}

/** Opens many TLS connections, does something over each, and holds them for as long as the other side lets it. */
export async function attack(
  { port, ca, from, count }: AttackOptions,
  act: (socket: TLSSocket) => void,
): Promise<Attackers> {
  const sockets = new Set<TLSSocket>()
  let waiting = count
  for (let index = 0; index < count; index++) {
    const socket = connect({ socket: tcp({ host: '127.0.0.1', port, localAddress: from }), host: '127.0.0.1', ca })
    sockets.add(socket)
    let isSettled = false
    const settle = () => {
      if (!isSettled) waiting--
      isSettled = true
    }
    socket.on('secureConnect', () => {
      settle()
      act(socket)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      settle()
      sockets.delete(socket)
    })
    socket.resume()
    if (index % 50 === 49) await sleep(20)
  }
  for (let round = 0; waiting > 0 && round < 400; round++) await sleep(50)
  return {
    held: () => sockets.size,
    end: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}
