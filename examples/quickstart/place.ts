import { ensureBinaries } from '#examples/cluster/binaries.ts'
import { startCluster, stopCluster } from '#examples/cluster/cluster.ts'
import type { Progress } from '#examples/cluster/progress.ts'
import { type Kubectl, kubectlOn } from './kubectl.ts'

/** Where the story takes place: a cluster, a registry that it pulls from, and the programs to drive it. */
export interface Place {
  readonly kubeconfig: string
  readonly kubectl: Kubectl
  /** Path of the kubectl program itself. */
  readonly kubectlProgram: string
  readonly helm: string
  readonly registry: {
    /** As pods and image references say it. */
    readonly name: string
    /** As this machine reaches it for pushing. */
    readonly pushUrl: string
    readonly user: string
    readonly password: string
    readonly insecure: boolean
  }
  /** True for the embedded cluster: ClusterIPs answer from this machine. */
  readonly isLocal: boolean
}

export interface PlaceOptions {
  /** An existing cluster instead of the embedded one. It must be able to pull from `registry`. */
  readonly kubeconfig?: string
  readonly registry?: string
  readonly registryUser?: string
  readonly registryPassword?: string
  readonly registryPushUrl?: string
  readonly progress: Progress
}

/** The node labels that the documentation's Workspaces select, but for `apps: phi-3-adapter`, which the story sets later. */
const NODE_LABELS = { apps: 'phi-3', app: 'phi-3-adapter' }
/** Two servers and a training run, and one to spare. */
const GPUS = 4

export async function openPlace(options: PlaceOptions): Promise<Place> {
  return options.kubeconfig === undefined ? embedded(options.progress) : given(options, options.kubeconfig)
}

async function embedded(progress: Progress): Promise<Place> {
  const cluster = await startCluster({ labels: NODE_LABELS, gpus: GPUS, progress })
  const program = (name: string) => cluster.binaries.get(name) ?? name
  const { name, hostUrl, user, password } = cluster.registry
  return {
    kubeconfig: cluster.kubeconfig,
    kubectl: kubectlOn(cluster.kubeconfig, program('kubectl')),
    kubectlProgram: program('kubectl'),
    helm: program('helm'),
    registry: { name, pushUrl: `http://${hostUrl}`, user, password, insecure: true },
    isLocal: true,
  }
}

async function given(options: PlaceOptions, kubeconfig: string): Promise<Place> {
  const { registry, registryUser = '', registryPassword = '', registryPushUrl, progress } = options
  if (registry === undefined) {
    throw new Error(
      'with --kubeconfig the images need a registry that this cluster can pull from: add --registry HOST[/PATH] (and --registry-user, --registry-password)',
    )
  }
  const binaries = await ensureBinaries(['kubectl', 'helm'], progress)
  return {
    kubeconfig,
    kubectl: kubectlOn(kubeconfig, binaries.get('kubectl') ?? 'kubectl'),
    kubectlProgram: binaries.get('kubectl') ?? 'kubectl',
    helm: binaries.get('helm') ?? 'helm',
    registry: {
      name: registry,
      pushUrl: registryPushUrl ?? `https://${registry.split('/')[0]}`,
      user: registryUser,
      password: registryPassword,
      insecure: registryPushUrl?.startsWith('http:') === true,
    },
    isLocal: false,
  }
}

export const closePlace = (progress: Progress, purge = false): Promise<void> => stopCluster({ progress, purge })
