import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GpuSku } from '#src/catalog/gpu.ts'
import type { Preset } from '#src/catalog/preset.ts'
import { attentionOf, type Split } from '#src/estimate/parallel.ts'
import { hasCodeFor } from '../gpu-image/facts.ts'

interface Limits {
  readonly version: string
  readonly noFloat16: Readonly<Record<string, string>>
  readonly quantization: Readonly<Record<string, { leastCapability: number; formats: readonly string[] }>>
  readonly sparseLatentAttention: readonly number[]
}

/** What test/support/vllm-limits.py has read in the wheel of the server's release. */
export const LIMITS: Limits = JSON.parse(readFileSync(join(import.meta.dirname, 'vllm-limits.json'), 'utf8'))

/** How a checkpoint names its method -> how vLLM names it. Others are the same. */
const METHODS: Readonly<Record<string, string>> = {
  'float-quantized': 'compressed-tensors',
  'nvfp4-pack-quantized': 'compressed-tensors',
  'pack-quantized': 'compressed-tensors',
  MIXED_PRECISION: 'modelopt_mixed',
}

/** `model_type` of config.json, where vLLM's list of types that do not run in float16 has one of that family. */
const MODEL_TYPES: Readonly<Record<string, string>> = { 'gemma-3': 'gemma3' }

/** Models whose config.json has an index of tokens to attend to (`index_topk`). */
const SPARSE = /DeepSeek-V(3\.2|4)|GLM-5/

/** Machine code of the pinned server's own library (docs/gpu.md, "Each binary"). */
const SERVER_CODE = {
  sm: ['7.5', '8.0', '8.6', '8.9', '9.0', '9.0a', '10.0', '12.0'],
  ptx: ['8.0', '8.9', '9.0'],
}

export interface Served {
  readonly preset: Preset
  readonly sku: GpuSku
  readonly split: Split
  readonly isHalf: boolean
}

/** Why vLLM would refuse to start so; empty where it would not, as far as its checks need no GPU. Written apart from the rules. */
export function engineFaults({ preset, sku, split, isHalf }: Served): string[] {
  const capability = sku.computeCapability ?? 0
  const faults: string[] = []
  if (!hasCodeFor(SERVER_CODE, capability)) faults.push(`no machine code for ${capability.toFixed(1)}`)
  if (!isHalf && capability < 8) faults.push('bfloat16 needs 8.0')
  const type = MODEL_TYPES[preset.family] ?? preset.family
  if (isHalf && LIMITS.noFloat16[type] !== undefined) faults.push(`${type} does not support float16`)
  faults.push(...quantizationFaults(preset, capability, isHalf))
  if (SPARSE.test(hubOf(preset)) && !LIMITS.sparseLatentAttention.includes(Math.floor(capability)))
    faults.push(`sparse attention needs ${LIMITS.sparseLatentAttention.join(', ')}`)
  const { heads, kvHeads } = attentionOf(preset) ?? { heads: 0, kvHeads: 0 }
  if (heads === 0) faults.push('its heads are not known')
  else if (heads % split.tensor !== 0) faults.push(`${heads} heads over ${split.tensor}`)
  else if (Math.max(kvHeads, split.tensor) % Math.min(kvHeads, split.tensor) !== 0)
    faults.push(`${kvHeads} key/value heads over ${split.tensor}`)
  const { intermediate = split.tensor, vocab = split.tensor } = preset.architecture ?? {}
  if (intermediate % split.tensor !== 0) faults.push(`a width of ${intermediate} over ${split.tensor}`)
  if ((Math.ceil(vocab / 64) * 64) % split.tensor !== 0) faults.push(`a vocabulary of ${vocab} over ${split.tensor}`)
  if (split.tensor * split.pipeline * split.data > sku.gpuCount) faults.push('more GPUs than there are')
  return faults
}

function quantizationFaults({ quantization }: Preset, capability: number, isHalf: boolean): string[] {
  if (quantization === undefined) return []
  const method = METHODS[quantization] ?? quantization
  const limits = LIMITS.quantization[method]
  if (limits === undefined) return [`${method} is no method of vLLM`]
  const faults = capability * 10 < limits.leastCapability ? [`${method} needs ${limits.leastCapability / 10}`] : []
  const wanted = isHalf ? ['half', 'float16'] : ['bfloat16']
  if (!wanted.some((format) => limits.formats.includes(format))) faults.push(`${method} does not take ${wanted.at(-1)}`)
  return faults
}

const hubOf = ({ weights }: Preset) => ('hub' in weights ? weights.hub : weights.image)
