import { createHash } from 'node:crypto'
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { Agent, type Dispatcher } from 'undici'

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

/** Loads the configuration named by `path`, else the pod's own service account, else KUBECONFIG or ~/.kube/config. */
export function loadKubeConfig(path?: string): KubeConfig {
  const config = new KubeConfig()
  if (path === undefined) config.loadFromDefault()
  else config.loadFromFile(path)
  return config
}

/**
 * Credentials that follow their files: service account tokens are rotated by the kubelet (at 80 % of an hour), client
 * certificates by whoever minted them. `load` is called again after a 401, so a new kubeconfig is picked up as well.
 * client-node is used for nothing but this: it knows token files, exec plugins and every form of kubeconfig.
 */
export function createCredentials(load: () => KubeConfig, now: () => number = () => performance.now()): Credentials {
  // client-node itself re-reads a token file after 60 s, so a rotated token is in use within 90 s.
  const freshMs = 30_000
  let config: KubeConfig | undefined
  let held: { connection: Connection; tls: string; at: number } | undefined
  let loading: Promise<Connection> | undefined

  async function refresh(): Promise<Connection> {
    config ??= load()
    const server = new URL(requireServer(config))
    const options: RequestOptions = { headers: {} }
    await config.applyToHTTPSOptions(options)
    const connect = tlsOf(options)
    const tls = createHash('sha256').update(JSON.stringify(connect)).digest('hex')
    // A new Agent only when the TLS material changed: the old one finishes what it has, watches included.
    const dispatcher = held?.tls === tls ? held.connection.dispatcher : newAgent(connect)
    if (held && held.tls !== tls) void held.connection.dispatcher.close().catch(() => {})
    const connection = {
      origin: server.origin,
      prefix: server.pathname.replace(/\/+$/, ''),
      dispatcher,
      headers: headersOf(options),
    }
    held = { connection, tls, at: now() }
    return connection
  }

  return {
    current() {
      if (held && now() - held.at < freshMs) return Promise.resolve(held.connection)
      loading ??= refresh().finally(() => {
        loading = undefined
      })
      return loading
    },
    renew() {
      config = undefined
      if (held) held = { ...held, at: Number.NEGATIVE_INFINITY }
    },
    async close() {
      await held?.connection.dispatcher.destroy()
    },
  }
}

function requireServer(config: KubeConfig): string {
  const server = config.getCurrentCluster()?.server
  if (!server) throw new Error('the kubeconfig names no cluster for its current context')
  return server
}

type TlsOptions = Record<string, string | boolean>

/** Buffers become text so that equal material gives equal JSON. */
function tlsOf(options: RequestOptions): TlsOptions {
  const tls: TlsOptions = {}
  for (const field of ['ca', 'cert', 'key', 'passphrase', 'servername'] as const) {
    const value = options[field]
    if (typeof value === 'string') tls[field] = value
    else if (Buffer.isBuffer(value)) tls[field] = value.toString('utf8')
  }
  if (options.rejectUnauthorized === false) tls['rejectUnauthorized'] = false
  return tls
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token read from a file may end in a newline, which is no legal header.
    if (typeof value === 'string') headers[name.toLowerCase()] = value.trim()
  }
  if (options.auth) headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`
  return headers
}

function newAgent(connect: TlsOptions): Agent {
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
