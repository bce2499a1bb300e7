import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBinaries } from './binaries.ts'
import type { BinaryName } from './binary-catalog.ts'
import { withFolderLock } from './folder-lock.ts'
import { bringUp } from './node/bring-up.ts'
import { setHosts } from './node/hosts.ts'
import { type Layout, layoutOf } from './node/layout.ts'
import { DEFAULT_INSTANCE_TYPE, NODE_ADDRESS, REGISTRY_NAME } from './node/settings.ts'
import { type ClusterState, loadState, renewPorts, saveState } from './node/state.ts'
import { mountsBelow, tearDown } from './node/teardown.ts'
import { type DebianPackage, ensureDebianPackages } from './packages.ts'
import { runDir } from './paths.ts'
import { isAlive } from './process-identity.ts'
import { type Progress, silent } from './progress.ts'

export interface ClusterOptions {
  /** Data folder, kept from one run to the next. Default: `cluster/run` in the cache folder. */
  readonly dir?: string
  /** Loopback port of the registry on the machine itself (default 5000); pods always say registry.kaito.local:5000. */
  readonly registryPort?: number
  readonly apiserverPort?: number
  readonly instanceType?: string
  readonly labels?: Readonly<Record<string, string>>
  /** How many GPUs the node says it has (default 1). */
  readonly gpus?: number
  /** Further names every pod can resolve, as name to address. */
  readonly hosts?: Readonly<Record<string, string>>
  readonly progress?: Progress
}

export interface Cluster {
  readonly dir: string
  readonly kubeconfig: string
  readonly url: string
  /** The machine's address as pods see it. */
  readonly nodeAddress: string
  readonly registry: {
    /** As in image references inside the cluster: registry.kaito.local:5000. */
    readonly name: string
    /** The same registry from the machine itself: 127.0.0.1:5000. */
    readonly hostUrl: string
    readonly user: string
    readonly password: string
  }
  /** Paths of the programs in use, by name: kubectl, helm, ctr and the rest. */
  readonly binaries: ReadonlyMap<string, string>
  /** Makes every pod resolve a name to an address, for instance a Service's; takes effect within about a second. */
  setHost(name: string, address: string): void
}

/** Every program of the one-node cluster. */
export const NODE_BINARIES = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'runc',
  'helm',
  'coredns',
  'pause',
] as const satisfies readonly BinaryName[]

/** What it needs from Debian. */
export const NODE_PACKAGES = [
  'docker-registry',
  'apache2-utils',
  'containernetworking-plugins',
  'iptables',
  'iproute2',
  'conntrack',
  'socat',
] as const satisfies readonly DebianPackage[]

/**
 * A one-node Kubernetes on this machine, as root, without Docker: real pods, Services, DNS, a registry with a password, and a node
 * that claims GPUs. Starting a running cluster finds it healthy in about a second; what has died is started again.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const progress = options.progress ?? silent
  refuseUnsuitableMachine()
  const layout = layoutOf(options.dir ?? runDir())
  mkdirSync(layout.dir, { recursive: true })
  await ensureDebianPackages(NODE_PACKAGES, progress)
  const binaries = await ensureBinaries(NODE_BINARIES, progress)
  return withFolderLock(join(layout.dir, '.lock'), progress, async () => {
    const state = await loadState(layout)
    if (!Object.values(state.daemons).some(isAlive)) await renewPorts(state)
    saveState(layout, state)
    setHosts(layout, options.hosts ?? {})
    const cluster = describe(layout, state, binaries, options)
    try {
      await bringUp({
        layout,
        state,
        binaries,
        progress,
        apiserverPort: options.apiserverPort ?? 6443,
        hostRegistry: cluster.registry.hostUrl,
        registry: cluster.registry,
        labels: {
          'node.kubernetes.io/instance-type': options.instanceType ?? DEFAULT_INSTANCE_TYPE,
          ...options.labels,
        },
        gpus: options.gpus ?? 1,
      })
    } catch (cause) {
      throw new Error(advice(layout, cause), { cause })
    }
    return cluster
  })
}

/** True while any daemon of the cluster in this folder runs. */
export async function isClusterRunning(dir: string = runDir()): Promise<boolean> {
  const layout = layoutOf(dir)
  return existsSync(layout.stateFile) && Object.values((await loadState(layout)).daemons).some(isAlive)
}

/** Ends the cluster in this folder and leaves no process, mount or network of it; `purge` deletes its data too. */
export async function stopCluster(options: { dir?: string; purge?: boolean; progress?: Progress } = {}): Promise<void> {
  const layout = layoutOf(options.dir ?? runDir())
  const progress = options.progress ?? silent
  if (!existsSync(layout.dir)) return
  await withFolderLock(join(layout.dir, '.lock'), progress, async () => {
    if (existsSync(layout.stateFile)) await tearDown(layout, await loadState(layout), progress)
  })
  if (options.purge !== true) return
  const [mount] = mountsBelow(layout.dir)
  // Deleting through a mount would delete what is mounted there.
  if (mount !== undefined) throw new Error(`not deleting ${layout.dir}: ${mount} is still mounted; umount it first`)
  rmSync(layout.dir, { recursive: true, force: true })
}

function describe(
  layout: Layout,
  state: ClusterState,
  binaries: ReadonlyMap<string, string>,
  options: ClusterOptions,
): Cluster {
  return {
    dir: layout.dir,
    kubeconfig: layout.kubeconfig,
    url: `https://${NODE_ADDRESS}:${options.apiserverPort ?? 6443}`,
    nodeAddress: NODE_ADDRESS,
    registry: {
      name: REGISTRY_NAME,
      hostUrl: `127.0.0.1:${options.registryPort ?? 5000}`,
      user: 'kaito',
      password: state.registryPassword,
    },
    binaries,
    setHost: (name, address) => setHosts(layout, { [name]: address }),
  }
}

function refuseUnsuitableMachine(): void {
  if (process.platform !== 'linux')
    throw new Error('the one-node cluster runs on Linux only; use a Linux machine or VM')
  if (process.getuid?.() !== 0) {
    throw new Error('the one-node cluster mounts file systems and makes network namespaces: run this as root (sudo)')
  }
}

function advice(layout: Layout, cause: unknown): string {
  const what = cause instanceof Error ? cause.message : String(cause)
  const portTaken = /address already in use/.test(what)
  return [
    `the cluster did not start: ${what}`,
    '',
    ...(portTaken
      ? [
          'Another program has that port: find it with `ss -ltnp`, end it, or choose other ports (up --registry-port, --apiserver-port).',
        ]
      : []),
    `All logs are in ${layout.logs}. Running the same command again continues from here.`,
    'To start from nothing: node examples/cluster/main.ts down --purge',
  ].join('\n')
}
