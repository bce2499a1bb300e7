import type { Preset } from '../preset.ts'
import { hubModel } from './hub-model.ts'

export const MINIMAX: readonly Preset[] = [
  hubModel(
    'minimax',
    'MiniMaxAI/MiniMax-M2.7',
    { weightsGiB: 214.34, contextLength: 204_800, kvBytesPerToken: 253_952 },
    { quantization: 'fp8' },
  ),
]
