import type { Architecture, Preset } from '../preset.ts'
import { SPLIT_MODULES } from './modules.ts'

/** Also what DeepSeek-R1-Distill-Llama-8B was distilled into. */
export const LLAMA_3_8B: Architecture = {
  params: 8_030_261_248,
  layers: 32,
  hidden: 4096,
  intermediate: 14_336,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  vocab: 128_256,
  tiedEmbeddings: false,
}

const LLAMA_3_70B: Architecture = {
  params: 70_553_706_496,
  layers: 80,
  hidden: 8192,
  intermediate: 28_672,
  heads: 64,
  kvHeads: 8,
  headDim: 128,
  vocab: 128_256,
  tiedEmbeddings: false,
}

type Size = Pick<Preset, 'weightsGiB' | 'kvBytesPerToken'>

const llama2 = (size: '7b' | '13b' | '70b', numbers: Size, use: string): readonly Preset[] =>
  ['', '-chat'].map((suffix) => ({
    name: `llama-2-${size}${suffix}`,
    family: 'llama-2',
    weights: { hub: `meta-llama/Llama-2-${size}${suffix}-hf` },
    contextLength: 4096,
    ...numbers,
    gated: true,
    retired: { reason: 'KAITO no longer accepts the Llama 2 models of 2023', use },
  }))

export const LLAMA: readonly Preset[] = [
  {
    name: 'llama-3.1-8b-instruct',
    aliases: ['meta-llama/Llama-3.1-8B-Instruct'],
    family: 'llama-3',
    weights: { hub: 'meta-llama/Llama-3.1-8B-Instruct', revision: '0e9e39f249a16976918f6564b8830bc894c89659' },
    weightsGiB: 14.96,
    contextLength: 131_072,
    kvBytesPerToken: 131_072,
    architecture: LLAMA_3_8B,
    gated: true,
    tuning: { targetModules: SPLIT_MODULES },
  },
  {
    name: 'llama-3.3-70b-instruct',
    aliases: ['meta-llama/Llama-3.3-70B-Instruct'],
    family: 'llama-3',
    weights: { hub: 'meta-llama/Llama-3.3-70B-Instruct' },
    weightsGiB: 131.42,
    contextLength: 131_072,
    kvBytesPerToken: 327_680,
    architecture: LLAMA_3_70B,
    gated: true,
    tuning: { targetModules: SPLIT_MODULES },
  },
  ...llama2('7b', { weightsGiB: 12.55, kvBytesPerToken: 524_288 }, 'llama-3.1-8b-instruct'),
  ...llama2('13b', { weightsGiB: 24.24, kvBytesPerToken: 819_200 }, 'llama-3.1-8b-instruct'),
  ...llama2('70b', { weightsGiB: 128.48, kvBytesPerToken: 327_680 }, 'llama-3.3-70b-instruct'),
]
