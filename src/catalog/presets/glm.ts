import type { Preset } from '../preset.ts'
import { hubModel } from './hub-model.ts'

export const GLM: readonly Preset[] = [
  hubModel(
    'glm',
    'zai-org/GLM-5.2-FP8',
    { weightsGiB: 703.75, contextLength: 1_048_576, kvBytesPerToken: 89_856 },
    // Heads of GlmMoeDsaConfig, whose 78 layers of one latent of 512 + 64 give these bytes.
    {
      quantization: 'fp8',
      attention: { heads: 64, kvHeads: 1 },
      needs: { computeCapability: 9, because: 'its sparse attention has code for Hopper and newer only' },
    },
  ),
]
