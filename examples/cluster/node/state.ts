import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { freePort, isPortFree } from '../free-port.ts'
import type { Daemon } from '../process.ts'
import type { Layout } from './layout.ts'

/** Ports on loopback, chosen once and kept as long as they stay free. */
export interface Ports {
  readonly etcd: number
  readonly etcdPeer: number
  readonly controllerManager: number
  readonly scheduler: number
  readonly proxyHealth: number
  readonly proxyMetrics: number
  readonly kubeletHealth: number
  readonly dnsHealth: number
}

export interface RunningDaemon extends Daemon {
  /** Digest of its argv: another one means it must be restarted. */
  readonly argvDigest: string
}

/** What a later process must know to find, reuse and end this cluster. Kept as JSON, readable by its owner only. */
export interface ClusterState {
  ports: Ports
  readonly registryPassword: string
  daemons: Record<string, RunningDaemon>
  /** Present while our network changes are in place: what to put back. */
  network?: { readonly ipForward: string; readonly foreignRules: boolean }
}

const PORT_NAMES = [
  'etcd',
  'etcdPeer',
  'controllerManager',
  'scheduler',
  'proxyHealth',
  'proxyMetrics',
  'kubeletHealth',
  'dnsHealth',
] as const satisfies readonly (keyof Ports)[]

/** The state in this folder, or a fresh one with free ports and a new registry password. */
export async function loadState(layout: Layout): Promise<ClusterState> {
  if (existsSync(layout.stateFile)) return JSON.parse(readFileSync(layout.stateFile, 'utf8')) as ClusterState
  return { ports: await choosePorts(), registryPassword: randomBytes(16).toString('hex'), daemons: {} }
}

/** Replaces the state file as a whole. */
export function saveState(layout: Layout, state: ClusterState): void {
  mkdirSync(layout.dir, { recursive: true })
  writeFileSync(`${layout.stateFile}.new`, JSON.stringify(state, null, 2), { mode: 0o600 })
  renameSync(`${layout.stateFile}.new`, layout.stateFile)
}

/** New ports when nothing of ours runs and someone has taken one of the old ones meanwhile. */
export async function renewPorts(state: ClusterState): Promise<void> {
  const free = await Promise.all(PORT_NAMES.map((name) => isPortFree(state.ports[name])))
  if (!free.every(Boolean)) state.ports = await choosePorts()
}

export const digestOf = (argv: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(argv)).digest('hex').slice(0, 16)

async function choosePorts(): Promise<Ports> {
  const [etcd, etcdPeer, controllerManager, scheduler, proxyHealth, proxyMetrics, kubeletHealth, dnsHealth] =
    await Promise.all([freePort(), freePort(), freePort(), freePort(), freePort(), freePort(), freePort(), freePort()])
  return { etcd, etcdPeer, controllerManager, scheduler, proxyHealth, proxyMetrics, kubeletHealth, dnsHealth }
}
