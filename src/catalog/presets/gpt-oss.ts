import type { Preset } from '../preset.ts'

/** vLLM 0.33's MXFP4 method: minimum capability 80, activations in bfloat16 only. */
const NEEDS = { computeCapability: 8, because: 'MXFP4 weights are computed in bfloat16, which it lacks' }

/** Heads: GptOssConfig of transformers, the same for both sizes. */
const ATTENTION = { heads: 64, kvHeads: 8 }

/**
 * Each repository holds the weights twice, as shards and once more under original/, which vLLM does not load. KAITO's sizes,
 * 25.63 and 121.54 GiB, count both. Half is 13.8 and 65.2 GB, what OpenAI publishes for one copy in MXFP4.
 */
export const GPT_OSS: readonly Preset[] = [
  {
    name: 'gpt-oss-20b',
    aliases: ['openai/gpt-oss-20b'],
    family: 'gpt-oss',
    weights: { hub: 'openai/gpt-oss-20b' },
    weightsGiB: 12.82,
    contextLength: 131_072,
    kvBytesPerToken: 49_152,
    attention: ATTENTION,
    quantization: 'mxfp4',
    needs: NEEDS,
  },
  {
    name: 'gpt-oss-120b',
    aliases: ['openai/gpt-oss-120b'],
    family: 'gpt-oss',
    weights: { hub: 'openai/gpt-oss-120b' },
    weightsGiB: 60.77,
    contextLength: 131_072,
    kvBytesPerToken: 73_728,
    attention: ATTENTION,
    quantization: 'mxfp4',
    needs: NEEDS,
  },
]
