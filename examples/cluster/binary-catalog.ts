import { KUBERNETES_VERSION } from './paths.ts'

/** How to obtain one program: the release it must be, its official download, and its pinned Go module under examples/cluster/go. */
export interface BinarySource {
  readonly version: string
  /** Arguments that make it print its version; absent where a version on PATH cannot be told. */
  readonly versionArgs?: readonly string[]
  readonly download?: Download
  readonly build: GoBuild
}

export interface Download {
  readonly url: string
  /** A text with the SHA-256 of the download, alone or on a line with its file name. */
  readonly checksumUrl: string
  /** Path inside the archive; absent when the download is the program itself. */
  readonly member?: string
}

export interface GoBuild {
  /** Folder under examples/cluster/go. */
  readonly module: string
  readonly package: string
  readonly ldflags: string
  readonly tags?: string
  readonly cgo?: boolean
}

const arch = process.arch === 'x64' ? 'amd64' : process.arch
const github = 'https://github.com'

const VERSIONS = {
  etcd: '3.6.7',
  containerd: '2.2.1',
  runc: '1.4.0',
  helm: '4.3.1',
  coredns: '1.13.1',
  certManager: '1.21.2',
  karpenter: '1.14.0',
}

/** Without these the server calls itself v0.0.0-master, and clients that check the version refuse it. */
const KUBERNETES_LDFLAGS = [
  '-s -w',
  ...['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) => [
    `-X ${path}.gitVersion=${KUBERNETES_VERSION}`,
    `-X ${path}.gitMajor=${KUBERNETES_VERSION.slice(1).split('.')[0]}`,
    `-X ${path}.gitMinor=${KUBERNETES_VERSION.split('.')[1]}`,
  ]),
].join(' ')

const kubernetes = (name: string, versionArgs: readonly string[] = ['--version']): BinarySource => {
  const url = `https://dl.k8s.io/release/${KUBERNETES_VERSION}/bin/linux/${arch}/${name}`
  return {
    version: KUBERNETES_VERSION,
    versionArgs,
    download: { url, checksumUrl: `${url}.sha256` },
    build: { module: 'kubernetes', package: `k8s.io/kubernetes/cmd/${name}`, ldflags: KUBERNETES_LDFLAGS },
  }
}

const containerd = (name: string, versionArgs: readonly string[]): BinarySource => {
  const version = VERSIONS.containerd
  const url = `${github}/containerd/containerd/releases/download/v${version}/containerd-static-${version}-linux-${arch}.tar.gz`
  const module = 'github.com/containerd/containerd/v2'
  return {
    version,
    versionArgs,
    download: { url, checksumUrl: `${url}.sha256sum`, member: `bin/${name}` },
    build: {
      module: 'containerd',
      package: `${module}/cmd/${name}`,
      ldflags: `-s -w -X ${module}/version.Version=${version}`,
    },
  }
}

const etcdRelease = `${github}/etcd-io/etcd/releases/download/v${VERSIONS.etcd}`
const runcRelease = `${github}/opencontainers/runc/releases/download/v${VERSIONS.runc}`
const corednsRelease = `${github}/coredns/coredns/releases/download/v${VERSIONS.coredns}/coredns_${VERSIONS.coredns}_linux_${arch}.tgz`
const helmRelease = `https://get.helm.sh/helm-v${VERSIONS.helm}-linux-${arch}.tar.gz`

/** Every program of the embedded cluster; cert-manager and Karpenter's judgement, which tests run beside it. */
export const BINARIES = {
  etcd: {
    version: VERSIONS.etcd,
    versionArgs: ['--version'],
    download: {
      url: `${etcdRelease}/etcd-v${VERSIONS.etcd}-linux-${arch}.tar.gz`,
      checksumUrl: `${etcdRelease}/SHA256SUMS`,
      member: `etcd-v${VERSIONS.etcd}-linux-${arch}/etcd`,
    },
    build: { module: 'etcd', package: 'go.etcd.io/etcd/server/v3', ldflags: '-s -w' },
  },
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kubelet: kubernetes('kubelet'),
  'kube-proxy': kubernetes('kube-proxy'),
  kubectl: kubernetes('kubectl', ['version', '--client']),
  containerd: containerd('containerd', ['--version']),
  'containerd-shim-runc-v2': containerd('containerd-shim-runc-v2', ['-v']),
  ctr: containerd('ctr', ['--version']),
  runc: {
    version: VERSIONS.runc,
    versionArgs: ['--version'],
    download: { url: `${runcRelease}/runc.${arch}`, checksumUrl: `${runcRelease}/runc.sha256sum` },
    build: {
      module: 'runc',
      package: 'github.com/opencontainers/runc',
      ldflags: `-s -w -X main.version=${VERSIONS.runc}`,
      tags: 'seccomp',
      cgo: true,
    },
  },
  helm: {
    version: VERSIONS.helm,
    versionArgs: ['version', '--short'],
    download: { url: helmRelease, checksumUrl: `${helmRelease}.sha256sum`, member: `linux-${arch}/helm` },
    build: { module: 'helm', package: 'helm.sh/helm/v4/cmd/helm', ldflags: '-s -w' },
  },
  coredns: {
    version: VERSIONS.coredns,
    versionArgs: ['-version'],
    download: { url: corednsRelease, checksumUrl: `${corednsRelease}.sha256`, member: 'coredns' },
    build: { module: 'coredns', package: 'github.com/coredns/coredns', ldflags: '-s -w' },
  },
  // Its controllers and its ca-injector in one program; only its images are published.
  'cert-manager': {
    version: VERSIONS.certManager,
    versionArgs: ['version'],
    build: {
      module: 'cert-manager',
      package: '.',
      ldflags: `-s -w -X github.com/cert-manager/cert-manager/pkg/util.AppVersion=v${VERSIONS.certManager}`,
    },
  },
  // No part of the cluster: Karpenter's own filter and validation, asked about the NodeClaims that are made here.
  'karpenter-judge': {
    version: VERSIONS.karpenter,
    versionArgs: ['version'],
    build: {
      module: 'karpenter-judge',
      package: '.',
      ldflags: `-s -w -X main.version=${VERSIONS.karpenter}`,
    },
  },
  // The sandbox image's only program, from this repository.
  pause: { version: '0', build: { module: 'pause', package: '.', ldflags: '-s -w' } },
} as const satisfies Record<string, BinarySource>

export type BinaryName = keyof typeof BINARIES
