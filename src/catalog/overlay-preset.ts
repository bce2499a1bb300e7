import { defined } from '#src/lib/defined.ts'
import { parseImageRef } from '#src/lib/image-ref.ts'
import type { Result } from '#src/lib/result.ts'

import { kvBytesPerToken as countKvBytes } from './architecture.ts'
import type { PresetOverlay } from './overlay-schema.ts'
import type { Preset, Weights } from './preset.ts'
import { isHubId } from './resolve.ts'

/** One entry merged, or why it cannot be. */
export type Merged<T> = Result<{ readonly entry: T }>

/** The preset with the overlay's fields over it, or a new one. Sizes that nobody gives are counted from the architecture. */
export function mergePreset(before: Preset | undefined, change: PresetOverlay): Merged<Preset> {
  const { weights: weightsChange, ...fields } = change
  const read = weightsChange === undefined ? undefined : readWeights(weightsChange)
  if (read?.ok === false) return read
  const weights = read?.entry ?? before?.weights
  if (weights === undefined) return { ok: false, reason: 'a new preset needs weights' }
  const { contextLength, ...merged } = { ...inherited(before, change), ...fields, ...sizes(before, change) }
  const { weightsGiB, kvBytesPerToken } = merged
  if (contextLength === undefined) return { ok: false, reason: 'a new preset needs contextLength' }
  if (weightsGiB === undefined || kvBytesPerToken === undefined) {
    return { ok: false, reason: 'a new preset needs architecture, or weightsGiB and kvBytesPerToken' }
  }
  if (weightsGiB <= 0 || kvBytesPerToken <= 0)
    return { ok: false, reason: 'weightsGiB and kvBytesPerToken must be more than 0' }
  if (merged.tuning !== undefined && merged.architecture === undefined) {
    return { ok: false, reason: 'tuning needs architecture, for the memory estimate' }
  }
  const name = before?.name ?? change.name
  const family = merged.family ?? 'custom'
  return { ok: true, entry: { ...merged, name, family, weights, contextLength, weightsGiB, kvBytesPerToken } }
}

/**
 * What stays of the built-in preset. Who supplies the weights has decided to serve the model, so it is not retired any
 * more; and an image needs no hub token.
 */
function inherited(before: Preset | undefined, { weights }: PresetOverlay): Partial<Preset> {
  if (before === undefined) return {}
  if (weights === undefined) return before
  const { retired, gated, ...rest } = before
  return gated === undefined || weights.image !== undefined ? rest : { ...rest, gated }
}

/** A new shape makes the built-in sizes wrong, so it brings its own unless the overlay says them. */
function sizes(
  before: Preset | undefined,
  change: PresetOverlay,
): Partial<Pick<Preset, 'weightsGiB' | 'kvBytesPerToken'>> {
  if (change.architecture === undefined) return {}
  const quantized = change.quantization ?? before?.quantization
  const counted = quantized === undefined ? (2 * change.architecture.params) / 2 ** 30 : before?.weightsGiB
  const weightsGiB = change.weightsGiB ?? counted
  return {
    ...defined({ weightsGiB }),
    kvBytesPerToken: change.kvBytesPerToken ?? countKvBytes(change.architecture),
  }
}

function readWeights(given: NonNullable<PresetOverlay['weights']>): Merged<Weights> {
  const { hub, revision, image, imagePullSecrets } = given
  if ((hub === undefined) === (image === undefined))
    return { ok: false, reason: 'weights needs exactly one of hub and image' }
  if (hub !== undefined) {
    if (!isHubId(hub))
      return { ok: false, reason: `weights.hub ${JSON.stringify(hub)} is not of the form organisation/model` }
    if (imagePullSecrets !== undefined)
      return { ok: false, reason: 'weights.imagePullSecrets goes with weights.image only' }
    return { ok: true, entry: { hub, ...defined({ revision }) } }
  }
  if (image === undefined) return { ok: false, reason: 'weights needs exactly one of hub and image' }
  if (revision !== undefined) return { ok: false, reason: 'weights.revision goes with weights.hub only' }
  const reference = parseImageRef(image)
  if (!reference.ok) return { ok: false, reason: `weights.image ${JSON.stringify(image)}: ${reference.reason}` }
  return { ok: true, entry: { image, ...defined({ imagePullSecrets }) } }
}
