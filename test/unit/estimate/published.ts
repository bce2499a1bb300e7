import type { Architecture } from '#src/catalog/preset.ts'
import type { TuningInput } from '#src/estimate/tuning.ts'

/** One measured peak that somebody published, and the run it was measured on. */
export interface Published {
  readonly source: string
  readonly run: string
  readonly gib: number
  readonly input: TuningInput
}

const ALL = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
/** Qwen 1 fuses q, k and v; its w1 and w2 are up and gate. Its script trains c_attn, c_proj, w1 and w2. */
const QWEN_1 = ['qkv_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']

type Shape = readonly [
  params: number,
  layers: number,
  hidden: number,
  intermediate: number,
  heads: number,
  kvHeads: number,
  vocab: number,
]

const shape = ([params, layers, hidden, intermediate, heads, kvHeads, vocab]: Shape): Architecture => ({
  params,
  layers,
  hidden,
  intermediate,
  heads,
  kvHeads,
  headDim: hidden / heads,
  vocab,
  tiedEmbeddings: false,
})

const QWEN = {
  '1.8B': shape([1_836_828_672, 24, 2048, 5504, 16, 16, 151_936]),
  '7B': shape([7_721_324_544, 32, 4096, 11_008, 32, 32, 151_936]),
  '14B': shape([14_167_290_880, 40, 5120, 13_696, 40, 40, 152_064]),
  '72B': shape([72_287_920_128, 80, 8192, 24_576, 64, 64, 152_064]),
}

const LENGTHS = [256, 512, 1024, 2048, 4096, 8192]

const qwen = (size: keyof typeof QWEN, method: 'lora' | 'qlora', measured: readonly number[]): Published[] =>
  measured.map((gib, index) => ({
    source: `Qwen ${method}`,
    run: `Qwen-${size} s=${LENGTHS[index]}`,
    gib,
    input: {
      architecture: QWEN[size],
      method,
      rank: 64,
      targetModules: QWEN_1,
      batchSize: 1,
      maxLength: LENGTHS[index] ?? 0,
      loss: 'full',
      bytesPerAdapterWeight: 16,
    },
  }))

const LLAMA = {
  '7B': shape([6_738_415_616, 32, 4096, 11_008, 32, 32, 32_000]),
  '13B': shape([13_015_864_320, 40, 5120, 13_824, 40, 40, 32_000]),
  '33B': shape([32_528_943_616, 60, 6656, 17_920, 52, 52, 32_000]),
  '65B': shape([65_285_660_672, 80, 8192, 22_016, 64, 64, 32_000]),
  '8B (3.1)': shape([8_030_261_248, 32, 4096, 14_336, 32, 8, 128_256]),
  '70B (3.1)': shape([70_553_706_496, 80, 8192, 28_672, 64, 8, 128_256]),
}

const GB = 1e9 / 2 ** 30

const guanaco = (size: '7B' | '13B' | '33B' | '65B', gb: number): Published => ({
  source: 'QLoRA paper',
  run: `Guanaco ${size}`,
  gib: gb * GB,
  // Paged Adam keeps its state in host memory, so only weight and gradient count.
  input: {
    architecture: LLAMA[size],
    method: 'qlora',
    rank: 64,
    targetModules: ALL,
    batchSize: 1,
    maxLength: 512,
    loss: 'full',
    bytesPerAdapterWeight: 4,
  },
})

const unsloth = (size: '7B' | '8B (3.1)' | '70B (3.1)', method: 'lora' | 'qlora', gb: number): Published => ({
  source: 'Unsloth minimum',
  run: `${size} ${method}`,
  gib: gb * GB,
  input: {
    architecture: LLAMA[size],
    method,
    rank: 16,
    targetModules: ALL,
    batchSize: 1,
    maxLength: 512,
    bytesPerAdapterWeight: 8,
  },
})

/** README of QwenLM/Qwen, "Profiling of Memory and Speed": one A100, batch 1, rank 64; Q-LoRA is GPTQ int4 (4.16 bits). */
export const QWEN_ROWS: readonly Published[] = [
  ...qwen('1.8B', 'lora', [6.7, 7.4, 8.4, 11.0, 16.2, 21.8]),
  ...qwen('7B', 'lora', [20.1, 20.4, 21.5, 23.8, 29.7, 36.6]),
  ...qwen('14B', 'lora', [34.6, 35.1, 35.3, 37.4, 42.5, 55.2]),
  ...qwen('1.8B', 'qlora', [5.8, 6.0, 6.6, 7.8, 10.2, 15.8]),
  ...qwen('7B', 'qlora', [11.5, 11.5, 12.3, 13.9, 16.9, 23.5]),
  ...qwen('14B', 'qlora', [18.7, 18.4, 18.9, 19.9, 23.0, 27.9]),
  ...qwen('72B', 'qlora', [61.4, 61.4, 62.9, 64.1, 68.0, 75.6]),
]

/** LLaMA-Factory wiki, "Performance comparison": Llama-2-7B, rank 8, 32,768 tokens. */
const LLAMA_FACTORY: Published = {
  source: 'LLaMA-Factory',
  run: 'Llama-2-7B s=32768',
  gib: 32,
  input: {
    architecture: LLAMA['7B'],
    method: 'qlora',
    rank: 8,
    targetModules: ALL,
    batchSize: 1,
    maxLength: 32_768,
    loss: 'full',
    bytesPerAdapterWeight: 16,
  },
}

/** All rows that give enough to repeat the run. Unsloth's are a minimum of a leaner stack and name no length: 512 assumed. */
export const PUBLISHED: readonly Published[] = [
  ...QWEN_ROWS,
  LLAMA_FACTORY,
  guanaco('7B', 5),
  guanaco('13B', 10),
  guanaco('33B', 21),
  guanaco('65B', 41),
  unsloth('7B', 'qlora', 5),
  unsloth('7B', 'lora', 19),
  unsloth('8B (3.1)', 'qlora', 6),
  unsloth('8B (3.1)', 'lora', 22),
  unsloth('70B (3.1)', 'qlora', 41),
  unsloth('70B (3.1)', 'lora', 164),
]
