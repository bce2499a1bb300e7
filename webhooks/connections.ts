import type { Server } from 'node:https'
import type { Socket } from 'node:net'

export interface ConnectionLimits {
  readonly all: number
  /** What one address may hold of them. The rest is a reserve for everybody else: one of them is the API server. */
  readonly ofOneAddress: number
}

interface Connection {
  socket: Socket
  isAnswering: boolean
}

/**
 * Makes room for a new connection by ending another: of the address that holds most the one that has been of no use for
 * longest. Refusing the new one would be simpler, and would let whoever holds idle connections keep the API server out.
 */
export class Connections {
  readonly #limits: ConnectionLimits
  /** By address, then by port; the least recently used first. */
  readonly #open = new Map<string, Map<number, Connection>>()
  #count = 0

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#opened(socket))
    // From here on the encrypted connection is what must be ended, so that both ends of it are.
    server.on('secureConnection', (socket) => {
      const connection = this.#find(socket)
      if (connection !== undefined) connection.socket = socket
    })
  }

  /** A whole request has come over this connection: it is left alone until the answer is out. */
  answering(socket: Socket): () => void {
    const connection = this.#find(socket)
    if (connection === undefined) return () => {}
    const { remoteAddress = '', remotePort = 0 } = socket
    connection.isAnswering = true
    return () => {
      connection.isAnswering = false
      const ofAddress = this.#open.get(remoteAddress)
      if (ofAddress?.delete(remotePort)) ofAddress.set(remotePort, connection)
    }
  }

  #opened(socket: Socket): void {
    const { remoteAddress, remotePort } = socket
    if (remoteAddress === undefined || remotePort === undefined) return void socket.destroy()
    const ofAddress = this.#open.get(remoteAddress) ?? new Map<number, Connection>()
    const isFull = ofAddress.size >= this.#limits.ofOneAddress
    if ((isFull || this.#count >= this.#limits.all) && !this.#endOne(isFull ? ofAddress : this.#largest())) {
      return void socket.destroy()
    }
    this.#open.set(remoteAddress, ofAddress)
    ofAddress.set(remotePort, { socket, isAnswering: false })
    this.#count++
    socket.once('close', () => this.#forget(remoteAddress, remotePort))
  }

  #endOne(ofAddress: ReadonlyMap<number, Connection>): boolean {
    for (const [port, { socket, isAnswering }] of ofAddress) {
      if (isAnswering) continue
      const { remoteAddress = '' } = socket
      socket.destroy()
      this.#forget(remoteAddress, port)
      return true
    }
    return false
  }

  #largest(): ReadonlyMap<number, Connection> {
    let largest: ReadonlyMap<number, Connection> = new Map()
    for (const each of this.#open.values()) if (each.size > largest.size) largest = each
    return largest
  }

  #forget(address: string, port: number): void {
    const ofAddress = this.#open.get(address)
    if (ofAddress?.delete(port)) this.#count--
    if (ofAddress?.size === 0) this.#open.delete(address)
  }

  #find({ remoteAddress = '', remotePort = 0 }: Socket): Connection | undefined {
    return this.#open.get(remoteAddress)?.get(remotePort)
  }
}
