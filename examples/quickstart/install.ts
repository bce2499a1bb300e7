import { join } from 'node:path'
import { stringify } from 'yaml'
import { run } from './kubectl.ts'
import { PUSH_SECRET } from './manifests.ts'
import type { Place } from './place.ts'
import type { Screen } from './screen.ts'

export const NAMESPACE = 'kaito-system'
export const RELEASE = 'kaito'
export const DATASETS = 'datasets.default.svc.cluster.local'

export interface Images {
  readonly operator: string
  readonly trainer: string
  readonly server: string
  readonly redis: string
  /** The tiny random Phi-3 that stands in for the preset's weights. */
  readonly model: string
}

/** Ways in which a demo may differ from the first one. */
export interface DemoOptions {
  /** `never` as on nodes that cannot mount images: init containers pull, with a Secret, since the node's own rights are the kubelet's. */
  readonly imageVolumes?: 'auto' | 'never'
}

/** What makes a demo of an installation: own images, nodes that exist already, and a catalog overlay with tiny weights. */
export function demoValues(images: Images, place: Place, options: DemoOptions = {}): Record<string, unknown> {
  const { imageVolumes = 'auto' } = options
  const [registryHost = ''] = place.registry.name.split('/')
  return {
    replicas: 1,
    image: { reference: images.operator },
    redis: { image: { reference: images.redis } },
    settings: {
      nodeProvisioner: 'byo',
      imageVolumes,
      images: { operator: images.operator, trainer: images.trainer, server: images.server },
      insecureRegistries: place.registry.insecure ? [registryHost] : [],
      // Datasets come from a Service here; addresses inside a cluster are refused unless an administrator lists them.
      datasetAllowPrivate: [DATASETS],
      catalog: {
        presets: ['phi-3-mini-4k-instruct', 'phi-3-mini-128k-instruct'].map((name) => ({
          name,
          ...tinyPhi3(images.model, imageVolumes === 'never' ? [PUSH_SECRET] : []),
        })),
      },
    },
  }
}

/** The documented way to replace a preset's weights, as for a mirror or a private image: see docs/catalog.md. */
const tinyPhi3 = (image: string, imagePullSecrets: readonly string[]) => ({
  weights: { image, ...(imagePullSecrets.length === 0 ? {} : { imagePullSecrets }) },
  contextLength: 512,
  // The node only says that it has a GPU: the server here is vLLM's CPU build.
  engineArgs: ['--enforce-eager', '--dtype=float32'],
})

/** Installs or upgrades CRD and operator through the Helm chart, and waits until its webhooks answer. */
export async function install(place: Place, images: Images, screen: Screen, options: DemoOptions = {}): Promise<void> {
  const chart = join(import.meta.dirname, '..', '..', 'charts', 'kaito-ts')
  const args = ['upgrade', '--install', RELEASE, chart, '--namespace', NAMESPACE, '--create-namespace', '--values', '-']
  const wait = ['--wait', '--timeout', '5m']
  await run(place.helm, [...args, ...wait], {
    input: stringify(demoValues(images, place, options)),
    env: { KUBECONFIG: place.kubeconfig },
  })
  screen.command(`helm ${args.slice(0, -2).join(' ').replace(chart, 'charts/kaito-ts')}`, 'installed')
  const pods = await place.kubectl(['get', 'pods', '-n', NAMESPACE])
  screen.command(`kubectl get pods -n ${NAMESPACE}`, pods.stdout)
}
