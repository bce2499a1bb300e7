import { defined } from '#src/lib/defined.ts'
import type { Architecture, Preset } from '../preset.ts'
import { hubModel } from './hub-model.ts'
import { SPLIT_MODULES } from './modules.ts'

const MISTRAL_7B: Architecture = {
  params: 7_248_023_552,
  layers: 32,
  hidden: 4096,
  intermediate: 14_336,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  vocab: 32_768,
  tiedEmbeddings: false,
}

const mistral7b = (name: string, id: string, alias: string, revision: string): Preset => ({
  name,
  aliases: [alias, id],
  family: 'mistral',
  weights: { hub: id, revision },
  weightsGiB: 13.5,
  contextLength: 32_768,
  kvBytesPerToken: 131_072,
  architecture: MISTRAL_7B,
  tuning: { targetModules: SPLIT_MODULES },
})

/** Heads of Mistral4Config. All share one latent. */
const MISTRAL_4 = { heads: 32, kvHeads: 1 }

/** Heads of each config.json. */
const MINISTRAL = { quantization: 'fp8', attention: { heads: 32, kvHeads: 8 } }

const dated = (
  name: string,
  id: string,
  numbers: Pick<Preset, 'weightsGiB' | 'contextLength' | 'kvBytesPerToken'>,
  { quantization, attention }: Pick<Preset, 'quantization' | 'attention'>,
): Preset => ({
  name,
  aliases: [`${name}-2512`, id],
  family: 'mistral',
  weights: { hub: id },
  ...numbers,
  ...defined({ quantization, attention }),
})

export const MISTRAL: readonly Preset[] = [
  mistral7b('mistral-7b', 'mistralai/Mistral-7B-v0.3', 'mistral-7b-v0.3', 'd8cadc02ac76bd617a919d50b092e59d2d110aff'),
  mistral7b(
    'mistral-7b-instruct',
    'mistralai/Mistral-7B-Instruct-v0.3',
    'mistral-7b-instruct-v0.3',
    'e0bc86c23ce5aae1db576c8cca6f06f1f73af2db',
  ),
  dated(
    'ministral-3-3b-instruct',
    'mistralai/Ministral-3-3B-Instruct-2512',
    { weightsGiB: 4.35, contextLength: 262_144, kvBytesPerToken: 106_496 },
    MINISTRAL,
  ),
  dated(
    'ministral-3-8b-instruct',
    'mistralai/Ministral-3-8B-Instruct-2512',
    { weightsGiB: 9.7, contextLength: 262_144, kvBytesPerToken: 139_264 },
    MINISTRAL,
  ),
  dated(
    'ministral-3-14b-instruct',
    'mistralai/Ministral-3-14B-Instruct-2512',
    { weightsGiB: 14.65, contextLength: 262_144, kvBytesPerToken: 163_840 },
    MINISTRAL,
  ),
  dated(
    'mistral-large-3-675b-instruct',
    'mistralai/Mistral-Large-3-675B-Instruct-2512',
    { weightsGiB: 634.7, contextLength: 294_912, kvBytesPerToken: 70_272 },
    { quantization: 'float-quantized', attention: { heads: 128, kvHeads: 1 } },
  ),
  hubModel(
    'mistral',
    'mistralai/Mistral-Small-4-119B-2603',
    { weightsGiB: 112.63, contextLength: 1_048_576, kvBytesPerToken: 23_040 },
    { quantization: 'fp8', attention: MISTRAL_4 },
  ),
  hubModel(
    'mistral',
    'mistralai/Mistral-Small-4-119B-2603-NVFP4',
    { weightsGiB: 65.95, contextLength: 1_048_576, kvBytesPerToken: 23_040 },
    { quantization: 'nvfp4-pack-quantized', attention: MISTRAL_4 },
  ),
  hubModel(
    'mistral',
    'mistralai/Mistral-Medium-3.5-128B',
    { weightsGiB: 124.43, contextLength: 262_144, kvBytesPerToken: 360_448 },
    { quantization: 'fp8', attention: { heads: 96, kvHeads: 8 } },
  ),
]
