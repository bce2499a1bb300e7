import { findSku } from '#src/catalog/catalog.ts'
import type { Preset } from '#src/catalog/preset.ts'
import { DEFAULT_LORA_RANK, estimateInference, fittingContext } from '#src/estimate/inference.ts'
import type { InferenceConfig } from '#src/inference/config/inference-config.ts'
import type { World } from './world.ts'

export interface ServingNeeds {
  /** GPUs of one replica. */
  readonly gpus: number
  /** Tokens of context the server is told to allow; absent = the model's own. */
  readonly maxModelLen?: number
  /** True where the GPU has no bfloat16 (compute capability below 8): the server is told to use float16. */
  readonly isHalf: boolean
}

/**
 * How many GPUs a replica asks for, and how much context fits beside the weights. Without a known instance type it is one
 * GPU and the model's own length. A user's max-model-len wins: admission has compared it with the model's.
 */
export function servingNeeds(world: World, preset: Preset, engine: InferenceConfig): ServingNeeds {
  const wanted = engine.maxModelLen
  const sku = findSku(world.catalog, world.settings.cloud, world.workspace.resource?.instanceType ?? '')
  if (sku === undefined || preset.weightsGiB === 0)
    return { gpus: 1, isHalf: false, ...(wanted === undefined ? {} : { maxModelLen: wanted }) }
  const gpus = sku.gpuCount
  const isHalf = sku.computeCapability !== undefined && sku.computeCapability < 8
  if (wanted !== undefined) return { gpus, isHalf, maxModelLen: wanted }
  const count = world.workspace.inference?.adapters?.length ?? 0
  const adapters = count === 0 ? {} : { adapters: { count, rank: engine.maxLoraRank ?? DEFAULT_LORA_RANK } }
  const utilization = engine.gpuMemoryUtilization
  const share = utilization === undefined ? {} : { utilization }
  const maxTokens = fittingContext(estimateInference({ preset, gpus, ...adapters, ...share }), sku.gpuMemoryGiB / gpus)
  return maxTokens >= preset.contextLength || maxTokens < 1
    ? { gpus, isHalf }
    : { gpus, isHalf, maxModelLen: maxTokens }
}
