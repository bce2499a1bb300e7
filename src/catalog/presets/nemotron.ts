import type { Preset } from '../preset.ts'
import { hubModel } from './hub-model.ts'

const nemotron = (id: string, weightsGiB: number, contextLength: number, kvBytesPerToken: number): Preset =>
  hubModel('nemotron', `nvidia/${id}`, { weightsGiB, contextLength, kvBytesPerToken })

export const NEMOTRON: readonly Preset[] = [
  nemotron('NVIDIA-Nemotron-3-Super-120B-A12B-BF16', 230.25, 262_144, 90_112),
  nemotron('Nemotron-Cascade-2-30B-A3B', 58.82, 262_144, 53_248),
  nemotron('NVIDIA-Nemotron-3-Nano-30B-A3B-BF16', 58.82, 262_144, 53_248),
  nemotron('NVIDIA-Nemotron-Nano-12B-v2-VL-BF16', 24.55, 131_072, 253_952),
  nemotron('NVIDIA-Nemotron-Nano-9B-v2', 16.56, 131_072, 229_376),
  nemotron('NVIDIA-Nemotron-3-Nano-4B-BF16', 7.4, 262_144, 172_032),
  hubModel(
    'nemotron',
    'nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-NVFP4',
    { weightsGiB: 328.13, contextLength: 262_144, kvBytesPerToken: 110_592 },
    { quantization: 'MIXED_PRECISION' },
  ),
]
