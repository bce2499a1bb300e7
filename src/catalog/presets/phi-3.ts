import type { Architecture, Preset } from '../preset.ts'
import { FUSED_MODULES } from './modules.ts'

/** Phi-3 mini has no grouped-query attention: 32 key/value heads make its cache three times that of an 8B Llama. */
const MINI: Architecture = {
  params: 3_821_079_552,
  layers: 32,
  hidden: 3072,
  intermediate: 8192,
  heads: 32,
  kvHeads: 32,
  headDim: 96,
  vocab: 32_064,
  tiedEmbeddings: false,
}

const MEDIUM: Architecture = {
  params: 13_960_238_080,
  layers: 40,
  hidden: 5120,
  intermediate: 17_920,
  heads: 40,
  kvHeads: 10,
  headDim: 128,
  vocab: 32_064,
  tiedEmbeddings: false,
}

interface Variant {
  readonly name: string
  readonly id: string
  readonly revision: string
  readonly contextLength: number
}

const mini = ({ name, id, revision, contextLength }: Variant): Preset => ({
  name,
  aliases: [id],
  family: 'phi-3',
  weights: { hub: id, revision },
  weightsGiB: 7.12,
  contextLength,
  kvBytesPerToken: 393_216,
  architecture: MINI,
  tuning: { targetModules: FUSED_MODULES },
})

const medium = ({ name, id, revision, contextLength }: Variant): Preset => ({
  name,
  aliases: [id],
  family: 'phi-3',
  weights: { hub: id, revision },
  weightsGiB: 26,
  contextLength,
  kvBytesPerToken: 204_800,
  architecture: MEDIUM,
  tuning: { targetModules: FUSED_MODULES },
})

export const PHI_3: readonly Preset[] = [
  mini({
    name: 'phi-3-mini-4k-instruct',
    id: 'microsoft/Phi-3-mini-4k-instruct',
    revision: '0a67737cc96d2554230f90338b163bc6380a2a85',
    contextLength: 4096,
  }),
  mini({
    name: 'phi-3-mini-128k-instruct',
    id: 'microsoft/Phi-3-mini-128k-instruct',
    revision: '072cb7562cb8c4adf682a8e186aaafa49469eb5d',
    contextLength: 131_072,
  }),
  medium({
    name: 'phi-3-medium-4k-instruct',
    id: 'microsoft/Phi-3-medium-4k-instruct',
    revision: 'b64223aaea6fbf273c0c8cd0801d5e732dce8897',
    contextLength: 4096,
  }),
  medium({
    name: 'phi-3-medium-128k-instruct',
    id: 'microsoft/Phi-3-medium-128k-instruct',
    revision: 'fa7d2aa4f5ea69b2e36b20d050cdae79c9bfbb3f',
    contextLength: 131_072,
  }),
  mini({
    name: 'phi-3.5-mini-instruct',
    id: 'microsoft/Phi-3.5-mini-instruct',
    revision: '3145e03a9fd4cdd7cd953c34d9bbf7ad606122ca',
    contextLength: 131_072,
  }),
]
