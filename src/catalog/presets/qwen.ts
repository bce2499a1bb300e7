import type { Preset } from '../preset.ts'
import { hubModel } from './hub-model.ts'
import { SPLIT_MODULES } from './modules.ts'

const CONTEXT = 262_144

/** Heads of Qwen3_5Config and of the 4B and 9B models, whose 32 layers of 4 key/value heads of 256 give their bytes. */
const DENSE = { heads: 16, kvHeads: 4 }

/** Heads of Qwen3_5MoeConfig, whose 40 layers of 2 key/value heads of 256 give the bytes of the 35B model. */
const MOE_35B = { heads: 16, kvHeads: 2 }

/** Heads of the larger models' config.json. */
const DENSE_27B = { heads: 24, kvHeads: 4 }
const MOE_LARGE = { heads: 32, kvHeads: 2 }

type Extras = Pick<Preset, 'quantization' | 'attention'>

const qwen3 = (id: string, weightsGiB: number, kvBytesPerToken: number, extras: Extras = {}): Preset =>
  hubModel('qwen-3', id, { weightsGiB, contextLength: CONTEXT, kvBytesPerToken }, extras)

export const QWEN: readonly Preset[] = [
  {
    name: 'qwen2.5-coder-7b-instruct',
    aliases: ['Qwen/Qwen2.5-Coder-7B-Instruct'],
    family: 'qwen-2.5',
    weights: { hub: 'Qwen/Qwen2.5-Coder-7B-Instruct', revision: 'c03e6d358207e414f1eca0bb1891e29f1db0e242' },
    weightsGiB: 14.19,
    contextLength: 32_768,
    kvBytesPerToken: 57_344,
    architecture: {
      params: 7_615_616_512,
      layers: 28,
      hidden: 3584,
      intermediate: 18_944,
      heads: 28,
      kvHeads: 4,
      headDim: 128,
      vocab: 152_064,
      tiedEmbeddings: false,
    },
    tuning: { targetModules: SPLIT_MODULES },
  },
  {
    name: 'qwen2.5-coder-32b-instruct',
    aliases: ['Qwen/Qwen2.5-Coder-32B-Instruct'],
    family: 'qwen-2.5',
    weights: { hub: 'Qwen/Qwen2.5-Coder-32B-Instruct', revision: '381fc969f78efac66bc87ff7ddeadb7e73c218a7' },
    weightsGiB: 61.03,
    contextLength: 32_768,
    kvBytesPerToken: 262_144,
    architecture: {
      params: 32_763_876_352,
      layers: 64,
      hidden: 5120,
      intermediate: 27_648,
      heads: 40,
      kvHeads: 8,
      headDim: 128,
      vocab: 152_064,
      tiedEmbeddings: false,
    },
    tuning: { targetModules: SPLIT_MODULES },
  },
  hubModel(
    'qwen-3',
    'Qwen/Qwen3-8B-AWQ',
    { weightsGiB: 5.68, contextLength: 40_960, kvBytesPerToken: 147_456 },
    { quantization: 'awq', attention: { heads: 32, kvHeads: 8 } },
  ),
  qwen3('Qwen/Qwen3.5-2B', 4.24, 49_152, { attention: { heads: 8, kvHeads: 2 } }),
  qwen3('Qwen/Qwen3.5-4B', 8.68, 131_072, { attention: DENSE }),
  qwen3('Qwen/Qwen3.5-9B', 17.98, 131_072, { attention: DENSE }),
  qwen3('Qwen/Qwen3.5-122B-A10B-GPTQ-Int4', 73.47, 98_304, { quantization: 'gptq', attention: MOE_LARGE }),
  qwen3('Qwen/Qwen3.5-122B-A10B', 232.99, 98_304, { attention: MOE_LARGE }),
  qwen3('Qwen/Qwen3.5-397B-A17B-GPTQ-Int4', 219.56, 122_880, { quantization: 'gptq', attention: MOE_LARGE }),
  qwen3('Qwen/Qwen3.6-35B-A3B-FP8', 34.9, 81_920, { quantization: 'fp8', attention: MOE_35B }),
  qwen3('Qwen/Qwen3.6-35B-A3B', 66.97, 81_920, { attention: MOE_35B }),
  qwen3('Qwen/Qwen3.6-27B', 51.75, 262_144, { attention: DENSE_27B }),
  qwen3('Qwen/Qwen3.8-27B', 51.75, 262_144, { attention: DENSE_27B }),
]
