import { join } from 'node:path'
import type { ClusterKeys } from './cluster-keys.ts'
import { httpProbe, type Probe } from './probe.ts'

/** One daemon of the cluster: how to start it and how to see that it is ready. */
export interface Component {
  readonly name: string
  readonly argv: readonly string[]
  readonly ready: Probe
  readonly env?: NodeJS.ProcessEnv
}

export interface EtcdOptions {
  readonly binary: string
  readonly dir: string
  readonly port: number
  readonly peerPort: number
}

/** etcd on loopback. Its disk flushes are off: a machine crash may lose data here, a killed process does not. */
export function etcd(options: EtcdOptions): Component {
  const client = `http://127.0.0.1:${options.port}`
  const peer = `http://127.0.0.1:${options.peerPort}`
  const listen = [`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`]
  const peers = [
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ]
  return {
    name: 'etcd',
    argv: [
      options.binary,
      `--data-dir=${join(options.dir, 'etcd')}`,
      ...listen,
      ...peers,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    ready: httpProbe(`${client}/readyz`),
  }
}

export interface ApiserverOptions {
  readonly binary: string
  readonly keys: ClusterKeys
  readonly etcdPort: number
  readonly address: string
  readonly port: number
  readonly serviceCidr: string
  /** Extra flags; a later flag wins over an earlier one of the same name. */
  readonly extra?: readonly string[]
}

/** kube-apiserver with RBAC, reading the keys of this cluster. */
export function apiserver(options: ApiserverOptions): Component {
  const { keys } = options
  const url = `https://${options.address}:${options.port}`
  return {
    name: 'kube-apiserver',
    argv: [
      options.binary,
      `--bind-address=${options.address}`,
      `--advertise-address=${options.address}`,
      `--secure-port=${options.port}`,
      `--etcd-servers=http://127.0.0.1:${options.etcdPort}`,
      `--client-ca-file=${keys.caFile}`,
      `--tls-cert-file=${keys.serverCertFile}`,
      `--tls-private-key-file=${keys.serverKeyFile}`,
      `--token-auth-file=${keys.tokenFile}`,
      `--service-account-key-file=${keys.serviceAccountPublicFile}`,
      `--service-account-signing-key-file=${keys.serviceAccountKeyFile}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-cluster-ip-range=${options.serviceCidr}`,
      '--authorization-mode=Node,RBAC',
      '--allow-privileged=true',
      '--profiling=false',
      ...(options.extra ?? []),
    ],
    ready: httpProbe(`${url}/readyz`, { ca: keys.ca, token: keys.token }),
  }
}

/** kube-controller-manager: service accounts, owner references, ReplicaSets, Jobs and the rest. */
export function controllerManager(
  binary: string,
  keys: ClusterKeys,
  kubeconfig: string,
  port: number,
  extra: readonly string[] = [],
): Component {
  return {
    name: 'kube-controller-manager',
    argv: [
      binary,
      `--kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--service-account-private-key-file=${keys.serviceAccountKeyFile}`,
      `--root-ca-file=${keys.caFile}`,
      '--use-service-account-credentials=true',
      '--leader-elect=false',
      ...extra,
    ],
    ready: httpProbe(`https://127.0.0.1:${port}/healthz`, { insecure: true }),
  }
}
