import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Below the range from which Linux gives out ports by itself (32768 up), and below Kubernetes' node ports (30000 up). */
const FIRST = 10_240
const LAST = 29_999

/**
 * A TCP port nobody listens on, and which no other caller gets, in this process or another, until this process ends:
 * between being chosen and being bound by a daemon, or while a killed daemon is away, a port must not change hands.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1)
    if ((await reserve(port)) && (await isPortFree(port, host))) return port
  }
}

/** True when this address and port can be bound now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

/**
 * Waits until it can be bound. A killed server is a zombie while one of its threads still ends, and until then the kernel
 * accepts connections for it: one that is started again too early fails, and a probe of the port does not notice.
 */
export async function untilPortFree(port: number, host?: string): Promise<void> {
  while (!(await isPortFree(port, host))) await sleep(20)
}

/** Binds the UDP port of that number: the kernel then keeps it for this process, however that ends. */
function reserve(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => resolve(false))
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref()
      resolve(true)
    })
  })
}
