import type { Preset } from '#src/catalog/preset.ts'
import { type SplitFault, splitOver } from '#src/estimate/parallel.ts'
import { servingFit } from '#src/estimate/serving.ts'
import type { InferenceConfig } from '#src/inference/inference-config.ts'
import { machineOf } from './machine.ts'
import type { World } from './world.ts'

export interface ServingNeeds {
  /** GPUs of one replica. */
  readonly gpus: number
  /** Those of them that share each layer. */
  readonly tensor: number
  /** Copies that share out the requests, each on as many GPUs. */
  readonly data: number
  /** Tokens of context the server is told to allow; absent = the model's own. */
  readonly maxModelLen?: number
  /** True where the GPU has no bfloat16 (compute capability below 8): the server is told to use float16. */
  readonly isHalf: boolean
}

/**
 * How many GPUs a replica asks for, and how much context fits beside the weights. Without a known instance type or model it
 * is one GPU, or what the file asks for, and the model's own length. A user's max-model-len wins: admission has compared it
 * with the model's. A split that is not possible is a fault: admission refuses it, but a ConfigMap changes after admission.
 */
export function servingNeeds(world: World, preset: Preset, engine: InferenceConfig): ServingNeeds | SplitFault {
  const { inference } = world.workspace
  const sku = machineOf(world)
  const divided = splitOver(preset.weightsGiB === 0 ? undefined : preset, sku?.gpuCount, engine)
  if (!divided.ok) return divided.reason
  const { gpus, tensor, data } = divided.split
  const needs = { gpus, tensor, data, isHalf: sku?.computeCapability !== undefined && sku.computeCapability < 8 }
  if (engine.maxModelLen !== undefined) return { ...needs, maxModelLen: engine.maxModelLen }
  const fit = sku && servingFit(preset, sku, engine, inference?.adapters?.length ?? 0)
  if (fit === undefined || fit.tokens >= preset.contextLength || fit.tokens < 1) return needs
  return { ...needs, maxModelLen: fit.tokens }
}
