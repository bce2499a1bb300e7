import type { Preset } from '../preset.ts'
import { FUSED_MODULES } from './modules.ts'

export const PHI_4: readonly Preset[] = [
  {
    name: 'phi-4',
    aliases: ['microsoft/phi-4'],
    family: 'phi-4',
    weights: { hub: 'microsoft/phi-4', revision: '187ef0342fff0eb3333be9f00389385e95ef0b61' },
    weightsGiB: 27.31,
    contextLength: 16_384,
    kvBytesPerToken: 204_800,
    architecture: {
      params: 14_659_507_200,
      layers: 40,
      hidden: 5120,
      intermediate: 17_920,
      heads: 40,
      kvHeads: 10,
      headDim: 128,
      vocab: 100_352,
      tiedEmbeddings: false,
    },
    tuning: { targetModules: FUSED_MODULES },
  },
  {
    name: 'phi-4-mini-instruct',
    aliases: ['microsoft/Phi-4-mini-instruct'],
    family: 'phi-4',
    weights: { hub: 'microsoft/Phi-4-mini-instruct', revision: 'c0fb9e74abda11b496b7907a9c6c9009a7a0488f' },
    weightsGiB: 7.15,
    contextLength: 131_072,
    kvBytesPerToken: 131_072,
    architecture: {
      params: 3_836_021_760,
      layers: 32,
      hidden: 3072,
      intermediate: 8192,
      heads: 24,
      kvHeads: 8,
      headDim: 128,
      vocab: 200_064,
      tiedEmbeddings: true,
    },
    tuning: { targetModules: FUSED_MODULES },
  },
]
