import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Component } from '../api-daemons.ts'
import { httpProbe } from '../probe.ts'
import type { Layout } from './layout.ts'
import { NODE_ADDRESS, NODE_NAME, REGISTRY_NAME } from './settings.ts'

export interface KubeletOptions {
  readonly binary: string
  readonly layout: Layout
  readonly caFile: string
  readonly kubeconfig: string
  readonly healthPort: number
  readonly registry: { readonly user: string; readonly password: string }
  readonly env: NodeJS.ProcessEnv
}

/** The kubelet, with login to the local registry for every pod, as a cloud's node has for its attached registry. */
export function kubelet(options: KubeletOptions): Component {
  const { layout } = options
  mkdirSync(layout.kubelet, { recursive: true })
  mkdirSync(layout.podLogs, { recursive: true })
  writeFileSync(layout.kubeletConfig, JSON.stringify(configuration(options), null, 2))
  const auth = Buffer.from(`${options.registry.user}:${options.registry.password}`).toString('base64')
  const login = { auths: { [REGISTRY_NAME]: { auth } } }
  writeFileSync(join(layout.kubelet, 'config.json'), JSON.stringify(login), { mode: 0o600 })
  return {
    name: 'kubelet',
    argv: [
      options.binary,
      `--config=${layout.kubeletConfig}`,
      `--kubeconfig=${options.kubeconfig}`,
      `--root-dir=${layout.kubelet}`,
      `--cert-dir=${join(layout.kubelet, 'pki')}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${NODE_ADDRESS}`,
    ],
    env: options.env,
    ready: httpProbe(`http://127.0.0.1:${options.healthPort}/healthz`),
  }
}

function configuration(options: KubeletOptions): object {
  const { layout } = options
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: NODE_ADDRESS,
    healthzBindAddress: '127.0.0.1',
    healthzPort: options.healthPort,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: options.caFile },
    },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${layout.containerdSocket}`,
    podLogsDir: layout.podLogs,
    clusterDNS: [NODE_ADDRESS],
    clusterDomain: 'cluster.local',
    resolvConf: resolvConf(),
    // The machine may be a container or an old kernel's guest: take its cgroups as they are.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    enforceNodeAllocatable: [],
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    // A laptop's disk is often nearly full; evicting the quickstart for that helps nobody.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    serializeImagePulls: false,
    maxParallelImagePulls: 3,
  }
}

/** Behind systemd-resolved, /etc/resolv.conf names a loopback address, which means nothing inside a pod. */
const resolvConf = (): string =>
  ['/run/systemd/resolve/resolv.conf', '/etc/resolv.conf'].find((file) => existsSync(file)) ?? ''
