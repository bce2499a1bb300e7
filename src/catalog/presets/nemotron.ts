import type { Preset } from '../preset.ts'
import { hubModel } from './hub-model.ts'

type Numbers = Parameters<typeof hubModel>[2]

/** Heads of each config.json, `num_attention_heads` and `num_key_value_heads`, of the layers that are not Mamba's. */
const nemotron = (id: string, heads: number, kvHeads: number, numbers: Numbers): Preset =>
  hubModel('nemotron', `nvidia/${id}`, numbers, { attention: { heads, kvHeads } })

const sized = (weightsGiB: number, contextLength: number, kvBytesPerToken: number): Numbers => ({
  weightsGiB,
  contextLength,
  kvBytesPerToken,
})

export const NEMOTRON: readonly Preset[] = [
  nemotron('NVIDIA-Nemotron-3-Super-120B-A12B-BF16', 32, 2, sized(230.25, 262_144, 90_112)),
  nemotron('Nemotron-Cascade-2-30B-A3B', 32, 2, sized(58.82, 262_144, 53_248)),
  nemotron('NVIDIA-Nemotron-3-Nano-30B-A3B-BF16', 32, 2, sized(58.82, 262_144, 53_248)),
  nemotron('NVIDIA-Nemotron-Nano-12B-v2-VL-BF16', 40, 8, sized(24.55, 131_072, 253_952)),
  nemotron('NVIDIA-Nemotron-Nano-9B-v2', 40, 8, sized(16.56, 131_072, 229_376)),
  nemotron('NVIDIA-Nemotron-3-Nano-4B-BF16', 40, 8, sized(7.4, 262_144, 172_032)),
  hubModel(
    'nemotron',
    'nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-NVFP4',
    { weightsGiB: 328.13, contextLength: 262_144, kvBytesPerToken: 110_592 },
    { quantization: 'MIXED_PRECISION', attention: { heads: 64, kvHeads: 2 } },
  ),
]
