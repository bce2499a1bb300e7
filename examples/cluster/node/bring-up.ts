import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { apiserver, controllerManager, etcd } from '../api-daemons.ts'
import { type ClusterKeys, clusterKeys } from '../cluster-keys.ts'
import { writeKubeconfig } from '../kubeconfig.ts'
import { isAlive } from '../process-identity.ts'
import type { Progress } from '../progress.ts'
import { writeRegistryConfig } from '../registry.ts'
import { containerd } from './containerd.ts'
import { kubectlFor } from './kubectl.ts'
import { kubelet } from './kubelet.ts'
import { type Launch, launcher } from './launcher.ts'
import type { Layout } from './layout.ts'
import { setUpNetwork } from './network.ts'
import { dressNode } from './node-object.ts'
import { ensurePauseImage } from './pause-image.ts'
import { clusterRegistry, coredns, kubeProxy, scheduler } from './services.ts'
import { KUBERNETES_SERVICE_ADDRESS, NODE_ADDRESS, NODE_NAME, REGISTRY_PORT, SERVICE_CIDR } from './settings.ts'
import { type ClusterState, saveState } from './state.ts'
import { forgetRunningContainers, shimsOf, unmountBelow } from './teardown.ts'

export interface BringUp {
  readonly layout: Layout
  readonly state: ClusterState
  readonly binaries: ReadonlyMap<string, string>
  readonly progress: Progress
  readonly apiserverPort: number
  readonly hostRegistry: string
  readonly registry: { readonly user: string; readonly password: string }
  readonly labels: Readonly<Record<string, string>>
  readonly gpus: number
}

/** Brings every component to health, those that do not wait for each other at the same time. */
export async function bringUp(up: BringUp): Promise<void> {
  const { layout, state } = up
  const launch = launcher(layout, state, up.progress)
  await setUpNetwork(layout, state)
  saveState(layout, state)
  const keys = await clusterKeys(layout.pki, [NODE_ADDRESS, '127.0.0.1'], KUBERNETES_SERVICE_ADDRESS)
  const url = `https://${NODE_ADDRESS}:${up.apiserverPort}`
  const kubeconfig = writeKubeconfig(layout.kubeconfig, url, keys.ca, keys.admin)
  await Promise.all([startApi(up, launch, keys), startContainerd(up, launch), startRegistries(up, launch)])
  const before = Date.now()
  const [, isNewKubelet] = await Promise.all([
    startControllers(up, launch, keys, kubeconfig),
    startNode(up, launch, keys, url),
  ])
  // The node of an earlier run still says Ready: only a report of this kubelet counts.
  const reportedSince = isNewKubelet ? before : 0
  await dressNode(kubectlFor(binary(up, 'kubectl'), kubeconfig), { labels: up.labels, gpus: up.gpus, reportedSince })
  up.progress(`node ${NODE_NAME} is Ready with ${Object.values(up.labels).join(', ')} and nvidia.com/gpu: ${up.gpus}`)
}

const binary = (up: BringUp, name: string): string => up.binaries.get(name) ?? name

async function startApi(up: BringUp, launch: Launch, keys: ClusterKeys): Promise<void> {
  const { ports } = up.state
  const { dir } = up.layout
  await launch(etcd({ binary: binary(up, 'etcd'), dir, port: ports.etcd, peerPort: ports.etcdPeer }))
  const server = apiserver({
    binary: binary(up, 'kube-apiserver'),
    keys,
    etcdPort: ports.etcd,
    address: NODE_ADDRESS,
    port: up.apiserverPort,
    serviceCidr: SERVICE_CIDR,
    extra: [
      `--kubelet-client-certificate=${join(keys.dir, 'admin.crt')}`,
      `--kubelet-client-key=${join(keys.dir, 'admin.key')}`,
      // Otherwise `kubectl logs` looks the node's name up in DNS.
      '--kubelet-preferred-address-types=InternalIP',
    ],
  })
  await launch(server)
}

async function startContainerd(up: BringUp, launch: Launch): Promise<void> {
  const { layout } = up
  const known = up.state.daemons['containerd']
  if ((known === undefined || !isAlive(known)) && shimsOf(layout).length === 0) {
    await unmountBelow(layout.containerd)
    forgetRunningContainers(layout)
  }
  await launch(containerd(layout, up.binaries, nodeEnvironment(up)))
  await ensurePauseImage(layout, binary(up, 'ctr'), binary(up, 'pause'))
}

async function startRegistries(up: BringUp, launch: Launch): Promise<void> {
  mkdirSync(up.layout.registry, { recursive: true })
  const addresses = { registry: `${NODE_ADDRESS}:${REGISTRY_PORT}`, 'registry-loopback': up.hostRegistry }
  for (const [name, address] of Object.entries(addresses)) {
    const config = await writeRegistryConfig(up.layout.registry, up.layout.registryData, address, up.registry)
    await launch(clusterRegistry(name, config, address))
  }
}

async function startControllers(up: BringUp, launch: Launch, keys: ClusterKeys, kubeconfig: string): Promise<void> {
  const { ports } = up.state
  await Promise.all([
    launch(controllerManager(binary(up, 'kube-controller-manager'), keys, kubeconfig, ports.controllerManager)),
    launch(scheduler(binary(up, 'kube-scheduler'), kubeconfig, ports.scheduler)),
    launch(coredns(binary(up, 'coredns'), up.layout, kubeconfig, ports.dnsHealth)),
    launch(kubeProxy(binary(up, 'kube-proxy'), kubeconfig, ports)),
  ])
}

async function startNode(up: BringUp, launch: Launch, keys: ClusterKeys, url: string): Promise<boolean> {
  const { layout } = up
  const identity = await keys.client('kubelet', `system:node:${NODE_NAME}`, 'system:nodes')
  const kubeconfig = writeKubeconfig(join(layout.dir, 'kubelet.kubeconfig'), url, keys.ca, identity)
  const options = { layout, caFile: keys.caFile, kubeconfig, registry: up.registry, env: nodeEnvironment(up) }
  return launch(kubelet({ ...options, binary: binary(up, 'kubelet'), healthPort: up.state.ports.kubeletHealth }))
}

/** containerd finds its shim on PATH, and must not ask a proxy for the registry next door. */
function nodeEnvironment(up: BringUp): NodeJS.ProcessEnv {
  const ownPrograms = dirname(binary(up, 'containerd-shim-runc-v2'))
  const direct = [process.env['NO_PROXY'], '10.0.0.0/8', '127.0.0.1', '.local'].filter((entry) => entry !== undefined)
  return {
    ...process.env,
    PATH: `${ownPrograms}:/usr/local/sbin:/usr/sbin:/sbin:${process.env['PATH'] ?? ''}`,
    NO_PROXY: direct.join(','),
  }
}
