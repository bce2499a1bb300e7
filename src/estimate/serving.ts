import type { GpuSku } from '#src/catalog/gpu.ts'
import type { Preset } from '#src/catalog/preset.ts'
import { defined } from '#src/lib/defined.ts'
import { perGpuGiB } from './fit.ts'
import { DEFAULT_LORA_RANK, estimateInference, fittingContext, type InferenceEstimate } from './inference.ts'
import { type AskedParallel, type Split, splitOver } from './parallel.ts'

/** What a user's file says that changes the memory of a server; absent = left to the operator. */
export interface ServingWishes extends AskedParallel {
  readonly maxModelLen?: number
  readonly maxLoraRank?: number
  readonly gpuMemoryUtilization?: number
}

/** A model on the GPUs of one instance. Admission judges by it, and the server's arguments are made from it. */
export interface ServingFit {
  readonly split: Split
  readonly estimate: InferenceEstimate
  /** GPU memory of each GPU, GiB. */
  readonly haveGiB: number
  /** Tokens of context that fit beside the rest. */
  readonly tokens: number
}

/** Undefined where the sizes are not known, or the file asks for a split that is not possible (`splitOver` says why). */
export function servingFit(
  preset: Preset,
  sku: GpuSku,
  wishes: ServingWishes,
  adapters: number,
): ServingFit | undefined {
  const divided = splitOver(preset, sku.gpuCount, wishes)
  if (preset.weightsGiB <= 0 || !divided.ok) return undefined
  const { split } = divided
  const { maxModelLen, maxLoraRank: rank = DEFAULT_LORA_RANK, gpuMemoryUtilization } = wishes
  const estimate = estimateInference({
    preset,
    gpus: split.tensor,
    pipeline: split.pipeline,
    ...defined({ contextLength: maxModelLen, utilization: gpuMemoryUtilization }),
    ...(adapters === 0 ? {} : { adapters: { count: adapters, rank } }),
  })
  const haveGiB = perGpuGiB(sku)
  return { split, estimate, haveGiB, tokens: fittingContext(estimate, haveGiB) }
}
