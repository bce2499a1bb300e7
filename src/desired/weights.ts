import type { PresetSpec } from '#src/api/preset.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Preset, Weights } from '#src/catalog/preset.ts'
import { MOUNT } from '#src/contract/mounts.ts'
import type { TrainSpec } from '#src/contract/train.ts'
import { defined } from '#src/lib/defined.ts'
import { imageContent } from './image-content.ts'
import type { EnvVar } from './manifest.ts'
import { type PodParts, partsOf } from './pod-parts.ts'
import { scratch, weightsBytes } from './room.ts'

/** How a container names the base model: a folder, or an id of the Hugging Face hub. */
export type ModelLocation = TrainSpec['model']

export interface WeightsParts {
  readonly parts: PodParts
  readonly model: ModelLocation
  /** For the container that downloads from the hub. */
  readonly env: readonly EnvVar[]
}

/** The base model's weights in a pod. An image named in the Workspace (private access) wins over the catalog's. */
export function weightsParts(
  preset: PresetSpec,
  known: Pick<Preset, 'weights' | 'weightsGiB'>,
  settings: Settings,
  imageVolumes: boolean,
): WeightsParts {
  const own = preset.presetOptions?.image
  const weights: Weights =
    own === undefined ? known.weights : { image: own, imagePullSecrets: preset.presetOptions?.imagePullSecrets ?? [] }
  const maxBytes = weightsBytes(known.weightsGiB)
  if ('image' in weights) {
    const { image, imagePullSecrets = [] } = weights
    const parts = imageContent({
      name: 'weights',
      image,
      mountPath: MOUNT.weights,
      maxBytes,
      imagePullSecrets,
      asVolume: imageVolumes,
      settings,
    })
    return { parts, model: { path: `${MOUNT.weights}/model` }, env: OFFLINE }
  }
  const model = { id: weights.hub, ...defined({ revision: weights.revision }) }
  const cache = partsOf({
    volumes: [scratch('weights', maxBytes)],
    mounts: [{ name: 'weights', mountPath: MOUNT.weights }],
  })
  return { parts: cache, model, env: [{ name: 'HF_HOME', value: MOUNT.weights }, ...hubToken(preset)] }
}

/** With the weights in an image nothing may be fetched from a hub, not even by accident. */
const OFFLINE: readonly EnvVar[] = [
  { name: 'HF_HUB_OFFLINE', value: '1' },
  { name: 'TRANSFORMERS_OFFLINE', value: '1' },
  { name: 'HF_HOME', value: '/tmp/hf' },
]

const hubToken = (preset: PresetSpec): readonly EnvVar[] => {
  const secret = preset.presetOptions?.modelAccessSecret
  return secret === undefined
    ? []
    : [{ name: 'HF_TOKEN', valueFrom: { secretKeyRef: { name: secret, key: 'HF_TOKEN' } } }]
}
