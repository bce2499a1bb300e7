import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { apiserver, type Component, controllerManager, etcd } from './api-daemons.ts'
import { ensureBinaries } from './binaries.ts'
import { clusterKeys } from './cluster-keys.ts'
import { freePort, untilPortFree } from './free-port.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { removeNow } from './parent-exit.ts'
import { type Daemon, killDaemon, startDaemon, stopDaemon, waitReady } from './process.ts'
import { type Progress, toStderr } from './progress.ts'
import { tempFolder } from './temp-folder.ts'

export interface ControlPlaneOptions {
  /** Where to keep data; default a temporary folder that stop() removes. */
  readonly dir?: string
  /** Also run kube-controller-manager: default service accounts, garbage collection by owner, Jobs, Deployments (pods stay Pending). */
  readonly controllerManager?: boolean
  /** More flags of kube-apiserver. */
  readonly apiserverFlags?: readonly string[]
  /** Only speaks when programs must be fetched or built first. Default: stderr. */
  readonly progress?: Progress
}

export interface ControlPlane {
  readonly dir: string
  /** Path of a kubeconfig whose user may do everything. */
  readonly kubeconfig: string
  readonly url: string
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string
  /** PEM client certificate and key of the same user. */
  readonly cert: string
  readonly key: string
  readonly token: string
  readonly kubectl: string
  killApiserver(): Promise<void>
  restartApiserver(): Promise<void>
  stop(): Promise<void>
}

/**
 * A real kube-apiserver on etcd, on free loopback ports, in a few seconds: what integration tests need. Webhooks are reached by
 * URL on 127.0.0.1. Everything ends with stop() or with this process, whichever comes first.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const progress = options.progress ?? toStderr()
  const withManager = options.controllerManager === true
  const wanted = [
    'etcd',
    'kube-apiserver',
    'kubectl',
    ...(withManager ? (['kube-controller-manager'] as const) : []),
  ] as const
  const binaries = await ensureBinaries(wanted, progress)
  const dir = options.dir ?? tempFolder('control-plane')
  mkdirSync(dir, { recursive: true })
  const daemons = new Map<string, Daemon>()
  const launch = async (component: Component) => {
    const daemon = await startDaemon({ ...component, logFile: join(dir, `${component.name}.log`) })
    daemons.set(component.name, daemon)
    await waitReady(daemon, component.ready, 60_000)
  }
  const stop = async () => {
    // Only etcd has anything to put away; the others would spend seconds on saying goodbye to each other.
    for (const name of ['kube-controller-manager', 'kube-apiserver', 'etcd']) {
      const daemon = daemons.get(name)
      if (daemon !== undefined) await stopDaemon(daemon, name === 'etcd' ? 3000 : 0)
    }
    if (options.dir === undefined) removeNow(dir)
  }
  try {
    return await assemble({ dir, binaries, withManager, flags: options.apiserverFlags ?? [], launch, daemons, stop })
  } catch (error) {
    await stop()
    throw error
  }
}

interface Parts {
  readonly dir: string
  readonly binaries: ReadonlyMap<string, string>
  readonly withManager: boolean
  readonly flags: readonly string[]
  readonly launch: (component: Component) => Promise<void>
  readonly daemons: ReadonlyMap<string, Daemon>
  readonly stop: () => Promise<void>
}

async function assemble(parts: Parts): Promise<ControlPlane> {
  const { dir, launch } = parts
  const binary = (name: string) => parts.binaries.get(name) ?? name
  const [etcdPort, peerPort, port, managerPort] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const [keys] = await Promise.all([
    clusterKeys(join(dir, 'pki'), ['127.0.0.1'], '10.96.0.1'),
    launch(etcd({ binary: binary('etcd'), dir, port: etcdPort, peerPort })),
  ])
  const url = `https://127.0.0.1:${port}`
  const kubeconfig = writeKubeconfig(join(dir, 'kubeconfig'), url, keys.ca, keys.admin)
  const server = apiserver({
    binary: binary('kube-apiserver'),
    keys,
    etcdPort,
    address: '127.0.0.1',
    port,
    serviceCidr: '10.96.0.0/16',
    // Loopback is refused as an endpoint of the `kubernetes` Service, and nothing here resolves that Service anyway.
    extra: [
      '--endpoint-reconciler-type=none',
      ...(parts.withManager ? [] : ['--disable-admission-plugins=ServiceAccount']),
      ...parts.flags,
    ],
  })
  await launch(server)
  if (parts.withManager) {
    await launch(controllerManager(binary('kube-controller-manager'), keys, kubeconfig, managerPort))
  }
  const killApiserver = async () => {
    const daemon = parts.daemons.get(server.name)
    if (daemon !== undefined) await killDaemon(daemon)
  }
  return {
    dir,
    kubeconfig,
    url,
    ca: keys.ca,
    cert: keys.admin.cert,
    key: keys.admin.key,
    token: keys.token,
    kubectl: binary('kubectl'),
    killApiserver,
    restartApiserver: async () => {
      await killApiserver()
      await untilPortFree(port)
      await launch(server)
    },
    stop: parts.stop,
  }
}
