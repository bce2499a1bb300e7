import type { Preset } from '../preset.ts'
import { hubModel } from './hub-model.ts'

export const GRANITE: readonly Preset[] = [
  hubModel(
    'granite',
    'ibm-granite/granite-4.1-8b',
    { weightsGiB: 16.38, contextLength: 131_072, kvBytesPerToken: 163_840 },
    { attention: { heads: 32, kvHeads: 8 } },
  ),
]
