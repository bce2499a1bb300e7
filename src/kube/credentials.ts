import { createHash } from 'node:crypto'
import { Agent, type Dispatcher } from 'undici'
import { trimEnd } from '#src/lib/trim.ts'

/** Where to send a request, over which connections, and with which headers. */
export interface Connection {
  readonly origin: string
  /** Path of the server URL in front of `/api`, as behind a proxy; usually empty. */
  readonly prefix: string
  readonly dispatcher: Dispatcher
  readonly headers: Readonly<Record<string, string>>
}

export interface Credentials {
  current(): Promise<Connection>
  /** Forgets what was read, after the server refused it. */
  renew(): void
  close(): Promise<void>
}

/** One way to be let in: a pod's service account, or a context of a kubeconfig. */
export interface Access {
  /** URL of the API server. */
  readonly server: string
  /** What to show it now; asked again at times, because tokens and certificates are rotated. */
  present(): Promise<Presented>
}

export interface Presented {
  /** Options of `tls.connect`, as text. */
  readonly tls: Readonly<Record<string, string | boolean>>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** How long what was read is used, in ms: the kubelet rotates a token at 80 % of its hour, so a minute late is early. */
const FRESH_MS = 30_000

/**
 * Credentials that follow their files: service account tokens are rotated by the kubelet, client certificates by whoever
 * minted them. `load` is called again after a 401, so a new kubeconfig is picked up as well.
 */
export function createCredentials(
  load: () => Access | Promise<Access>,
  now: () => number = () => performance.now(),
): Credentials {
  let access: Access | undefined
  let held: { connection: Connection; tls: string; at: number } | undefined
  let loading: Promise<Connection> | undefined

  async function refresh(): Promise<Connection> {
    access ??= await load()
    const server = new URL(access.server)
    const { tls: connect, headers } = await access.present()
    const tls = createHash('sha256').update(JSON.stringify(connect)).digest('hex')
    // A new Agent only when the TLS material changed: the old one finishes what it has, watches included.
    const dispatcher = held?.tls === tls ? held.connection.dispatcher : newAgent(connect)
    if (held && held.tls !== tls) void held.connection.dispatcher.close().catch(() => {})
    const connection = { origin: server.origin, prefix: trimEnd(server.pathname, '/'), dispatcher, headers }
    held = { connection, tls, at: now() }
    return connection
  }

  return {
    current() {
      if (held && now() - held.at < FRESH_MS) return Promise.resolve(held.connection)
      loading ??= refresh().finally(() => {
        loading = undefined
      })
      return loading
    },
    renew() {
      access = undefined
      if (held) held = { ...held, at: Number.NEGATIVE_INFINITY }
    },
    async close() {
      await held?.connection.dispatcher.destroy()
    },
  }
}

function newAgent(connect: Presented['tls']): Agent {
  return new Agent({
    // HTTP/1.1: one watch per connection, so that a stuck one holds up nothing else.
    allowH2: false,
    connect: { ...connect, timeout: 10_000, keepAlive: true, keepAliveInitialDelay: 15_000 },
    // The API server keeps idle connections for 90 s or more; leaving first avoids writing into a closing one.
    keepAliveTimeout: 30_000,
    // Both are bounded per request in http.ts; a watch may be silent for longer than any fixed limit here.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}
