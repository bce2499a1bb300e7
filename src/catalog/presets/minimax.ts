import type { Preset } from '../preset.ts'
import { hubModel } from './hub-model.ts'

export const MINIMAX: readonly Preset[] = [
  hubModel(
    'minimax',
    'MiniMaxAI/MiniMax-M2.7',
    { weightsGiB: 214.34, contextLength: 204_800, kvBytesPerToken: 253_952 },
    // Heads of MiniMaxM2Config, whose 62 layers of 8 key/value heads of 128 give these bytes.
    { quantization: 'fp8', attention: { heads: 48, kvHeads: 8 } },
  ),
]
