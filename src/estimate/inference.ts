import { adapterParameters } from '#src/catalog/architecture.ts'
import type { Preset } from '#src/catalog/preset.ts'
import { GIB, type MemoryPart } from './breakdown.ts'
import { attentionOf } from './parallel.ts'

export interface InferenceInput {
  readonly preset: Preset
  /** GPUs that share each layer: tensor parallel. */
  readonly gpus: number
  /** Groups of such GPUs that share out the layers: pipeline parallel. Default 1. */
  readonly pipeline?: number
  /** Tokens of one request at most; default: all that the model can. */
  readonly contextLength?: number
  /** Adapters held on the GPU at once (`max_loras`), each counted with the largest rank and all target modules. */
  readonly adapters?: { readonly count: number; readonly rank: number }
  /** Share of the GPU that the server may take, `--gpu-memory-utilization`. Default 0.92, as vLLM's. */
  readonly utilization?: number
}

/** GPU memory of each of the GPUs, GiB of the whole card (the share that the server leaves free is counted in). */
export interface InferenceEstimate {
  /** With less the server cannot start: weights, overhead, adapters and the smallest useful cache. */
  readonly low: number
  /** Enough for one request of the full context. */
  readonly fullContext: number
  /** What one GPU holds for a full context; adds up to `fullContext` less the free share. */
  readonly parts: readonly MemoryPart[]
  readonly contextLength: number
  /** Key/value bytes of one token on one GPU. */
  readonly kvBytesPerToken: number
  readonly fixedGiB: number
  readonly utilization: number
}

/** Memory to serve a model with vLLM. Constants are KAITO's documented ones; formula and sources: docs/memory.md. */
export function estimateInference(input: InferenceInput): InferenceEstimate {
  const { preset, gpus, pipeline = 1, adapters, utilization = 0.92 } = input
  const contextLength = Math.min(input.contextLength ?? preset.contextLength, preset.contextLength)
  const share = preset.weightsGiB / (gpus * pipeline)
  const weights = 1.02 * share
  const overhead = 2.3 + 0.05 * share
  const adapter = adapters === undefined ? 0 : (adapters.count * 2 * adapterSize(preset, adapters.rank)) / GIB
  const kvBytesPerToken = (preset.kvBytesPerToken * cacheShare(preset, gpus)) / pipeline
  const fixedGiB = weights + overhead + adapter
  const cache = (contextLength * kvBytesPerToken) / GIB
  const least = (Math.min(contextLength, LEAST_CONTEXT) * kvBytesPerToken) / GIB
  return {
    low: (fixedGiB + least) / utilization,
    fullContext: (fixedGiB + cache) / utilization,
    contextLength,
    kvBytesPerToken,
    fixedGiB,
    utilization,
    parts: [
      { name: 'weights', gib: weights },
      { name: 'overhead', gib: overhead },
      { name: 'adapters', gib: adapter },
      { name: `cache of ${contextLength} tokens`, gib: cache },
    ],
  }
}

/** Tokens of key/value cache that fit beside the rest on GPUs of this size; 0 when the rest does not fit. */
export function cacheTokens(estimate: InferenceEstimate, gpuMemoryGiB: number): number {
  const free = estimate.utilization * gpuMemoryGiB - estimate.fixedGiB
  return Math.max(0, Math.floor((free * GIB) / estimate.kvBytesPerToken))
}

/** The context that a server is told to allow where less than the model's fits: a multiple of 256, easier to read. */
export const fittingContext = (estimate: InferenceEstimate, gpuMemoryGiB: number): number =>
  Math.floor(cacheTokens(estimate, gpuMemoryGiB) / 256) * 256

/**
 * The LoRA rank that the server makes room for when nobody says one. vLLM's limits are a fixed list; 64 covers what people
 * train, and costs 240 MB for a model of 4 billion parameters.
 */
export const DEFAULT_LORA_RANK = 64

/** Below this a server is of no use, and KAITO's own planning takes it as the context when nobody says another. */
const LEAST_CONTEXT = 2048

/** Key/value heads cannot be split further than one a GPU: beyond that they are repeated. */
function cacheShare(preset: Preset, gpus: number): number {
  const attention = attentionOf(preset)
  return 1 / (attention === undefined ? gpus : Math.min(gpus, attention.kvHeads))
}

/** Without a known architecture: 0.5 % of the weights at rank 16, above what every model with a known one needs. */
function adapterSize({ architecture, tuning, weightsGiB }: Preset, rank: number): number {
  if (architecture === undefined) return ((weightsGiB * GIB) / 2) * 0.01 * (rank / 16)
  return adapterParameters(architecture, rank, tuning?.targetModules ?? [])
}
