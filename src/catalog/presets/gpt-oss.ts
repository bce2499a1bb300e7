import type { Preset } from '../preset.ts'

export const GPT_OSS: readonly Preset[] = [
  {
    name: 'gpt-oss-20b',
    aliases: ['openai/gpt-oss-20b'],
    family: 'gpt-oss',
    weights: { hub: 'openai/gpt-oss-20b' },
    weightsGiB: 25.63,
    contextLength: 131_072,
    kvBytesPerToken: 49_152,
    quantization: 'mxfp4',
  },
  {
    name: 'gpt-oss-120b',
    aliases: ['openai/gpt-oss-120b'],
    family: 'gpt-oss',
    weights: { hub: 'openai/gpt-oss-120b' },
    weightsGiB: 121.54,
    contextLength: 131_072,
    kvBytesPerToken: 73_728,
    quantization: 'mxfp4',
  },
]
