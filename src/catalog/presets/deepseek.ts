import type { Preset } from '../preset.ts'
import { hubModel } from './hub-model.ts'
import { LLAMA_3_8B } from './llama.ts'
import { SPLIT_MODULES } from './modules.ts'

/** Bytes per token of multi-head latent attention: layers * 2 * (kv_lora_rank + qk_rope_head_dim). */
const MLA_KV = 61 * 2 * (512 + 64)

/** Heads of transformers' DeepseekV3Config, the shape of R1, V3 and V3.2. All share one latent. */
const MLA = { heads: 128, kvHeads: 1 }

/** vLLM 0.33 has kernels for attention to chosen tokens of a latent for Hopper and newer only. */
const SPARSE = { computeCapability: 9, because: 'its sparse attention has code for Hopper and newer only' }

const full = (name: string, id: string): Preset => ({
  name,
  aliases: [id],
  family: 'deepseek',
  weights: { hub: id },
  weightsGiB: 641.3,
  contextLength: 163_840,
  kvBytesPerToken: MLA_KV,
  attention: MLA,
  quantization: 'fp8',
})

export const DEEPSEEK: readonly Preset[] = [
  {
    name: 'deepseek-r1-distill-llama-8b',
    aliases: ['deepseek-ai/DeepSeek-R1-Distill-Llama-8B'],
    family: 'deepseek',
    weights: {
      hub: 'deepseek-ai/DeepSeek-R1-Distill-Llama-8B',
      revision: '6a6f4aa4197940add57724a7707d069478df56b1',
    },
    weightsGiB: 14.96,
    contextLength: 131_072,
    kvBytesPerToken: 131_072,
    architecture: LLAMA_3_8B,
    tuning: { targetModules: SPLIT_MODULES },
  },
  {
    name: 'deepseek-r1-distill-qwen-14b',
    aliases: ['deepseek-ai/DeepSeek-R1-Distill-Qwen-14B'],
    family: 'deepseek',
    weights: {
      hub: 'deepseek-ai/DeepSeek-R1-Distill-Qwen-14B',
      revision: '1df8507178afcc1bef68cd8c393f61a886323761',
    },
    weightsGiB: 27.51,
    contextLength: 131_072,
    kvBytesPerToken: 196_608,
    architecture: {
      params: 14_770_033_664,
      layers: 48,
      hidden: 5120,
      intermediate: 13_824,
      heads: 40,
      kvHeads: 8,
      headDim: 128,
      vocab: 152_064,
      tiedEmbeddings: false,
    },
    tuning: { targetModules: SPLIT_MODULES },
  },
  full('deepseek-r1-0528', 'deepseek-ai/DeepSeek-R1-0528'),
  full('deepseek-v3-0324', 'deepseek-ai/DeepSeek-V3-0324'),
  hubModel(
    'deepseek',
    'deepseek-ai/DeepSeek-V3.2',
    { weightsGiB: 642.14, contextLength: 163_840, kvBytesPerToken: MLA_KV },
    { quantization: 'fp8', attention: MLA, needs: SPARSE },
  ),
  hubModel(
    'deepseek',
    'deepseek-ai/DeepSeek-V4-Flash-0731',
    { weightsGiB: 155.43, contextLength: 1_048_576, kvBytesPerToken: 88_064 },
    // Heads of DeepseekV4Config, whose 43 layers of one key/value head of 512 give these bytes.
    { quantization: 'fp8', attention: { heads: 64, kvHeads: 1 }, needs: SPARSE },
  ),
  hubModel(
    'deepseek',
    'deepseek-ai/DeepSeek-V4-Pro',
    { weightsGiB: 805.34, contextLength: 1_048_576, kvBytesPerToken: 124_928 },
    { quantization: 'fp8', attention: { heads: 128, kvHeads: 1 }, needs: SPARSE },
  ),
]
