import { connect, type TLSSocket } from 'node:tls'
import { percentile } from '../measure/statistics.ts'

/** Closed loop: each connection sends its next request when it has its answer. */
export interface LoadMessage {
  readonly port: number
  readonly ca: string
  readonly path: string
  readonly body: string
  readonly connections: number
  readonly seconds: number
}

export interface LoadResult {
  readonly done: number
  readonly seconds: number
  /** Answers that were no 200. */
  readonly failed: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

// Written on a bare TLS socket, because any HTTP client of Node would cost more than the servers it is to measure.
process.on('message', (message: LoadMessage) => {
  load(message).then((result) => process.send?.(result))
})

async function load(message: LoadMessage): Promise<LoadResult> {
  const sockets = await Promise.all(Array.from({ length: message.connections }, () => open(message)))
  const latencies: number[] = []
  const started = performance.now()
  const until = started + message.seconds * 1000
  const rest = stayAwake()
  const failed = await Promise.all(sockets.map((socket) => loop(socket, message, until, latencies)))
  rest()
  const seconds = (performance.now() - started) / 1000
  for (const socket of sockets) socket.destroy()
  return {
    done: latencies.length,
    seconds,
    failed: failed.reduce((sum, each) => sum + each, 0),
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  }
}

/**
 * Keeps this process from sleeping while it waits: waking it on another core is work of whoever answers, 5 to 10 µs on a
 * virtual machine. It falls to the slower server only, because the faster one finds the generator busy.
 */
function stayAwake(): () => void {
  let next: NodeJS.Immediate
  const again = () => {
    next = setImmediate(again)
  }
  again()
  return () => clearImmediate(next)
}

function open({ port, ca }: LoadMessage): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, ALPNProtocols: ['http/1.1'] }, () => resolve(socket))
    socket.once('error', reject)
    socket.setNoDelay(true)
  })
}

/** Resolves with the number of answers that were no 200. */
function loop(socket: TLSSocket, message: LoadMessage, until: number, latencies: number[]): Promise<number> {
  const request = Buffer.from(
    `POST ${message.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(message.body)}\r\n\r\n${message.body}`,
  )
  return new Promise((resolve, reject) => {
    let failed = 0
    let received: Buffer = Buffer.alloc(0)
    let sent = performance.now()
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server hung up')))
    socket.on('data', (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const size = answerSize(received)
      if (size === undefined || received.length < size) return
      if (received.toString('latin1', 9, 12) !== '200') failed++
      received = received.subarray(size)
      const now = performance.now()
      latencies.push(now - sent)
      if (now >= until) return resolve(failed)
      sent = now
      socket.write(request)
    })
    socket.write(request)
  })
}

/** Bytes of headers and body, once the headers are there. Both servers say how long their answer is. */
function answerSize(received: Buffer): number | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(received.toString('latin1', 0, end)) ?? []
  if (length === undefined) throw new Error('an answer without content-length')
  return end + 4 + Number(length)
}
