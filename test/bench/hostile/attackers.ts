import { type Socket, connect as tcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as tls } from 'node:tls'

export interface Attackers {
  readonly held: () => number
  readonly end: () => void
}

export interface AttackOptions {
  /** Default: this machine. */
  readonly host?: string
  readonly port: number
  /** PEM of the authority to trust; absent for a plain connection. */
  readonly ca?: string
  readonly servername?: string
  /** The address to come from. */
  readonly from?: string
  readonly count: number
}

/** Opens many connections, does something over each, and holds them for as long as the other side lets it. */
export async function attack(options: AttackOptions, act: (socket: Socket) => void): Promise<Attackers> {
  const { host = '127.0.0.1', port, ca, servername = host, from, count } = options
  const sockets = new Set<Socket>()
  let waiting = count
  for (let index = 0; index < count; index++) {
    const plain = tcp({ host, port, ...(from === undefined ? {} : { localAddress: from }) })
    const socket = ca === undefined ? plain : tls({ socket: plain, servername, ca })
    sockets.add(socket)
    let isSettled = false
    const settle = () => {
      if (!isSettled) waiting--
      isSettled = true
    }
    plain.on('error', () => socket.destroy())
    socket.on(ca === undefined ? 'connect' : 'secureConnect', () => {
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
