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

/**
 * The base model without its weights: config, tokenizer and chat template. From the hub only what is asked for is fetched, and of
 * an image only small files are unpacked. Where images are mounted this one is as well, though its node pulls all of it: the
 * kubelet's own rights may be the only ones there are.
 */
export function modelParts(
  preset: PresetSpec,
  known: Pick<Preset, 'weights' | 'weightsGiB'>,
  settings: Settings,
  imageVolumes: boolean,
): WeightsParts {
  const weights = weightsOf(preset, known)
  if ('image' in weights) {
    const parts = imageContent({
      ...weightsImage(weights, known, settings),
      maxFileBytes: MAX_MODEL_FILE_BYTES,
      asVolume: imageVolumes,
    })
    return { parts, model: { path: `${MOUNT.weights}/model` }, env: OFFLINE }
  }
  const env = [{ name: 'HF_HOME', value: '/tmp/hf' }, ...hubToken(preset)]
  return { parts: partsOf({}), model: onHub(weights), env }
}

/** The base model's weights in a pod. An image named in the Workspace (private access) wins over the catalog's. */
export function weightsParts(
  preset: PresetSpec,
  known: Pick<Preset, 'weights' | 'weightsGiB'>,
  settings: Settings,
  imageVolumes: boolean,
): WeightsParts {
  const weights = weightsOf(preset, known)
  if ('image' in weights) {
    const parts = imageContent({ ...weightsImage(weights, known, settings), asVolume: imageVolumes })
    return { parts, model: { path: `${MOUNT.weights}/model` }, env: OFFLINE }
  }
  const cache = partsOf({
    volumes: [scratch('weights', weightsBytes(known.weightsGiB))],
    mounts: [{ name: 'weights', mountPath: MOUNT.weights }],
  })
  return { parts: cache, model: onHub(weights), env: [{ name: 'HF_HOME', value: MOUNT.weights }, ...hubToken(preset)] }
}

/** A tokenizer's vocabulary has some 30 MiB at most; a piece of weights has more. */
const MAX_MODEL_FILE_BYTES = 64 * 2 ** 20

const weightsOf = ({ presetOptions: own }: PresetSpec, known: Pick<Preset, 'weights'>): Weights =>
  own?.image === undefined ? known.weights : { image: own.image, imagePullSecrets: own.imagePullSecrets ?? [] }

const weightsImage = (
  { image, imagePullSecrets = [] }: Extract<Weights, { readonly image: string }>,
  { weightsGiB }: Pick<Preset, 'weightsGiB'>,
  settings: Settings,
) => ({
  name: 'weights',
  image,
  mountPath: MOUNT.weights,
  maxBytes: weightsBytes(weightsGiB),
  imagePullSecrets,
  settings,
})

const onHub = ({ hub, revision }: Extract<Weights, { readonly hub: string }>): ModelLocation => ({
  id: hub,
  ...defined({ revision }),
})

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
