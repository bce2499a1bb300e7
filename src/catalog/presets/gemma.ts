import type { Attention, Preset } from '../preset.ts'
import { hubModel } from './hub-model.ts'

/** vLLM 0.33 refuses model type gemma3 with --dtype=half, which is all that older GPUs have. */
const NEEDS = { computeCapability: 8, because: 'Gemma 3 does not run in float16, and it has no bfloat16' }

/** Heads of each config.json, of the text model. */
const gemma4 = (size: string, numbers: Parameters<typeof hubModel>[2], attention: Attention): Preset =>
  hubModel('gemma-4', `google/gemma-4-${size}-it`, numbers, { attention })

/**
 * Not tunable here: these checkpoints carry a vision tower whose modules have the same names as the text model's,
 * so a LoRA by name would train both. `kvBytesPerToken` counts every layer as global attention: an upper bound.
 */
export const GEMMA: readonly Preset[] = [
  {
    name: 'gemma-3-4b-instruct',
    aliases: ['gemma-3-4b-it', 'google/gemma-3-4b-it'],
    family: 'gemma-3',
    weights: { hub: 'google/gemma-3-4b-it' },
    weightsGiB: 8.01,
    contextLength: 131_072,
    kvBytesPerToken: 139_264,
    attention: { heads: 8, kvHeads: 4 },
    needs: NEEDS,
    gated: true,
  },
  {
    name: 'gemma-3-27b-instruct',
    aliases: ['gemma-3-27b-it', 'google/gemma-3-27b-it'],
    family: 'gemma-3',
    weights: { hub: 'google/gemma-3-27b-it' },
    weightsGiB: 51.1,
    contextLength: 131_072,
    kvBytesPerToken: 507_904,
    attention: { heads: 32, kvHeads: 16 },
    needs: NEEDS,
    gated: true,
  },
  // Gemma 4 is under Apache-2.0: the hub hands it out without an agreement, so it needs no token.
  gemma4('E2B', { weightsGiB: 9.54, contextLength: 131_072, kvBytesPerToken: 35_840 }, { heads: 8, kvHeads: 1 }),
  gemma4('E4B', { weightsGiB: 14.89, contextLength: 131_072, kvBytesPerToken: 86_016 }, { heads: 8, kvHeads: 2 }),
  gemma4('12B', { weightsGiB: 22.28, contextLength: 262_144, kvBytesPerToken: 393_216 }, { heads: 16, kvHeads: 8 }),
  gemma4('26B-A4B', { weightsGiB: 48.07, contextLength: 262_144, kvBytesPerToken: 245_760 }, { heads: 16, kvHeads: 8 }),
  gemma4('31B', { weightsGiB: 58.25, contextLength: 262_144, kvBytesPerToken: 983_040 }, { heads: 32, kvHeads: 16 }),
]
