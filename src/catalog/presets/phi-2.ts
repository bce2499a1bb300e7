import type { Preset } from '../preset.ts'

export const PHI_2: readonly Preset[] = [
  {
    name: 'phi-2',
    family: 'phi-2',
    weights: { hub: 'microsoft/phi-2', revision: 'ef382358ec9e382308935a992d908de099b64c23' },
    weightsGiB: 5.18,
    contextLength: 2048,
    kvBytesPerToken: 327_680,
    retired: {
      reason: 'KAITO no longer accepts this 2023 model with 2,048 tokens of context',
      use: 'phi-4-mini-instruct',
    },
  },
]
