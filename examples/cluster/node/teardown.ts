import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../command.ts'
import { stopDaemon } from '../process.ts'
import { startTimeOf } from '../process-identity.ts'
import type { Progress } from '../progress.ts'
import type { Layout } from './layout.ts'
import { ownsNetwork, tearDownNetwork } from './network.ts'
import { type ClusterState, saveState } from './state.ts'

/** Servers end after their clients, and the kubelet first: it would start again what is being ended. */
const STOP_ORDER = [
  'kubelet',
  'kube-scheduler',
  'kube-controller-manager',
  'kube-proxy',
  'coredns',
  'registry',
  'registry-loopback',
]

/** Ends every daemon and container of the cluster and removes its mounts, network and cgroups. Data stays. */
export async function tearDown(layout: Layout, state: ClusterState, progress: Progress): Promise<void> {
  const stop = async (name: string, graceMs: number) => {
    const daemon = state.daemons[name]
    if (daemon !== undefined) await stopDaemon(daemon, graceMs)
  }
  await stop('kubelet', 5000)
  await Promise.all(STOP_ORDER.map((name) => stop(name, 3000)))
  await endContainers(layout)
  await stop('containerd', 5000)
  await stop('kube-apiserver', 1000)
  await stop('etcd', 5000)
  for (const name of Object.keys(state.daemons)) await stop(name, 1000)
  state.daemons = {}
  progress('daemons and containers ended')
  await unmountBelow(layout.dir)
  forgetRunningContainers(layout)
  // A folder whose cluster never came up must not take the network away from the one that runs.
  if (ownsNetwork(layout, state)) {
    await tearDownNetwork(layout, state)
    removeCgroups()
  }
  removeLogLinks(layout)
  saveState(layout, state)
  progress('mounts, network and cgroups removed')
}

/** Pids of this containerd's shims: the parents of every container. */
export function shimsOf(layout: Layout): number[] {
  const isShim = (pid: string) => {
    const argv = readText(`/proc/${pid}/cmdline`).split('\0')
    return (argv[0] ?? '').endsWith('containerd-shim-runc-v2') && argv.includes(layout.containerdSocket)
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isShim(name))
    .map(Number)
}

/** Drops what containerd believes to be running; right whenever nothing is, as after a restart of the machine. */
export function forgetRunningContainers(layout: Layout): void {
  rmSync(join(layout.containerd, 'state'), { recursive: true, force: true })
}

/** Unmounts everything under a folder, innermost first. */
export async function unmountBelow(dir: string): Promise<void> {
  for (const path of mountsBelow(dir).reverse()) await runCommand(['umount', '--lazy', path])
}

/** Mount points under a folder, outermost first. */
export const mountsBelow = (dir: string): string[] =>
  readText('/proc/self/mountinfo')
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '))
    .filter((path) => path.startsWith(`${dir}/`))

async function endContainers(layout: Layout): Promise<void> {
  const shims = shimsOf(layout)
  const doomed = [...descendants(shims), ...shims]
  for (const pid of doomed) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Already gone with its parent.
    }
  }
  for (let tries = 0; tries < 100 && doomed.some((pid) => isRunning(pid)); tries++) await sleep(50)
}

const isRunning = (pid: number): boolean =>
  startTimeOf(pid) !== undefined && !/^State:\s+Z/m.test(readText(`/proc/${pid}/status`))

function descendants(roots: readonly number[]): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = Number(/^PPid:\s+(\d+)/m.exec(readText(`/proc/${name}/status`))?.[1] ?? 0)
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)])
  return roots.flatMap(below)
}

function removeCgroups(): void {
  const root = '/sys/fs/cgroup'
  for (const base of [root, ...readdirSync(root).map((name) => join(root, name))]) {
    const pods = join(base, 'kubepods')
    if (existsSync(pods)) removeEmptyTree(pods)
  }
}

/** A cgroup's files cannot be deleted, only its folder, once its subfolders are gone. */
function removeEmptyTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyTree(join(folder, entry.name))
  }
  try {
    rmdirSync(folder)
  } catch {
    // Someone else's pod is in it, or the kernel has not let go yet: harmless.
  }
}

/** The kubelet links every log from here, at a place it does not let us choose. */
function removeLogLinks(layout: Layout): void {
  const folder = '/var/log/containers'
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    const link = join(folder, name)
    if (readlinkSync(link).startsWith(layout.podLogs)) rmSync(link)
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
