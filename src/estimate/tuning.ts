import { adapterParameters, unquantizedParameters } from '#src/catalog/architecture.ts'
import type { Architecture } from '#src/catalog/preset.ts'
import { GIB, type MemoryPart } from './breakdown.ts'

export interface TuningInput {
  readonly architecture: Architecture
  readonly method: 'lora' | 'qlora'
  readonly rank: number
  readonly targetModules: readonly string[]
  /** Samples on one GPU at a time, before gradient accumulation. */
  readonly batchSize: number
  /** Longest sample, tokens. */
  readonly maxLength: number
  /** Default true, as in the trainer. */
  readonly gradientCheckpointing?: boolean
  /** QLoRA only; default true. Quantises the quantisation constants too. */
  readonly doubleQuantization?: boolean
  /** `chunked` (default): the trainer's loss never holds all logits. `full`: older stacks do. */
  readonly loss?: 'chunked' | 'full'
  /** Bytes for one adapter weight with gradient and optimizer state. Default 16 for LoRA (all fp32), 8 for QLoRA (bf16). */
  readonly bytesPerAdapterWeight?: number
  /** QLoRA only: bytes for a weight that is not quantised. Default 2; 4 where the stack makes embeddings and norms fp32. */
  readonly bytesPerUnquantizedWeight?: number
}

/** GPU memory of one GPU, GiB. Data-parallel training repeats all of it on every GPU. */
export interface TuningEstimate {
  /** Weights and adapter alone: a smaller GPU cannot run this. Below all published figures in docs/memory.md. */
  readonly low: number
  /** The expected peak; `parts` add up to it. */
  readonly mid: number
  /** With this much no trouble is expected. */
  readonly high: number
  readonly parts: readonly MemoryPart[]
  readonly adapterParameters: number
}

/** The peak of a LoRA or QLoRA run, from the model's shape. Formula, sources and measured error: docs/memory.md. */
export function estimateTuning(input: TuningInput): TuningEstimate {
  const { architecture, method, rank, targetModules } = input
  const adapter = adapterParameters(architecture, rank, targetModules)
  const weights = weightBytes(input)
  const optimizer = (input.bytesPerAdapterWeight ?? (method === 'qlora' ? 8 : 16)) * adapter
  const activations = activationBytes(input)
  const logits = logitBytes(input)
  // bitsandbytes unpacks one matrix at a time into 16 bits: the largest one, forward and backward.
  const workspace = method === 'qlora' ? 4 * architecture.hidden * architecture.intermediate : 0
  const sum = (weights + optimizer + activations + logits + workspace) / GIB
  const runtime = RUNTIME_GIB + (FRAGMENTATION - 1) * sum
  const mid = sum + runtime
  return {
    low: (leastWeightBytes(input) + 4 * adapter) / GIB,
    mid,
    high: 1.1 * mid + 0.5,
    adapterParameters: adapter,
    parts: [
      { name: 'weights', gib: weights / GIB },
      { name: 'adapter and optimizer', gib: optimizer / GIB },
      { name: 'activations', gib: activations / GIB },
      { name: 'logits', gib: logits / GIB },
      { name: 'workspace', gib: workspace / GIB },
      { name: 'runtime', gib: runtime },
    ],
  }
}

/** CUDA context and libraries, and what the allocator wastes: both fitted on the published tables. */
const RUNTIME_GIB = 1
const FRAGMENTATION = 1.06

/** Bits that NF4's constants cost per weight, from the QLoRA paper: 0.5, or 0.127 when they are quantised too. */
const CONSTANT_BITS = { single: 0.5, double: 0.127 }

function weightBytes(input: TuningInput): number {
  const { architecture, method, doubleQuantization = true, bytesPerUnquantizedWeight = 2 } = input
  if (method === 'lora') return 2 * architecture.params
  const unquantized = unquantizedParameters(architecture)
  const bits = 4 + (doubleQuantization ? CONSTANT_BITS.double : CONSTANT_BITS.single)
  return ((architecture.params - unquantized) * bits) / 8 + bytesPerUnquantizedWeight * unquantized
}

/** The leanest the weights can be, whatever the stack does with them. */
const leastWeightBytes = (input: TuningInput): number =>
  weightBytes({ ...input, doubleQuantization: true, bytesPerUnquantizedWeight: 2 })

/** Per token: 28h + 8f bytes live in a layer. With checkpointing one layer is live and each layer's input is kept (2h). */
function activationBytes({ architecture, batchSize, maxLength, gradientCheckpointing = true }: TuningInput): number {
  const { hidden, intermediate, layers } = architecture
  const liveLayer = 28 * hidden + 8 * intermediate
  const perToken = gradientCheckpointing ? 2 * hidden * layers + liveLayer : layers * liveLayer
  return batchSize * maxLength * perToken
}

/** Full: 11 bytes a logit (16- and 32-bit copies, gradient), fitted. Chunked: one fp32 tile and its gradient. */
function logitBytes({ architecture, batchSize, maxLength, loss = 'chunked' }: TuningInput): number {
  const tokens = batchSize * maxLength
  if (loss === 'full') return 11 * architecture.vocab * tokens
  return 8 * Math.min(tokens, 4096) * Math.min(architecture.vocab, 32_768)
}
