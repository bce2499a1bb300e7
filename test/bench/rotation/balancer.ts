import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

/** One port in front of several, taken in turn connection by connection: what a Service does for its replicas. */
export async function startBalancer(ports: readonly number[]) {
  const sockets = new Set<Socket>()
  const connections = ports.map(() => 0)
  let next = 0
  const server = createServer((incoming) => {
    const index = next++ % ports.length
    connections[index] = (connections[index] ?? 0) + 1
    const outgoing = connect({ host: '127.0.0.1', port: ports[index] ?? 0 })
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    /** How many connections each of the ports has had. */
    connections: connections as readonly number[],
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
