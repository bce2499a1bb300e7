import type { Preset } from '../preset.ts'
import { DEEPSEEK } from './deepseek.ts'
import { FALCON } from './falcon.ts'
import { GEMMA } from './gemma.ts'
import { GLM } from './glm.ts'
import { GPT_OSS } from './gpt-oss.ts'
import { GRANITE } from './granite.ts'
import { KIMI } from './kimi.ts'
import { LLAMA } from './llama.ts'
import { MINIMAX } from './minimax.ts'
import { MISTRAL } from './mistral.ts'
import { NEMOTRON } from './nemotron.ts'
import { PHI_2 } from './phi-2.ts'
import { PHI_3 } from './phi-3.ts'
import { PHI_4 } from './phi-4.ts'
import { QWEN } from './qwen.ts'

/** Every built-in model, retired names included. A new family is a new file and one line here. */
export const PRESETS: readonly Preset[] = [
  ...PHI_3,
  ...PHI_4,
  ...LLAMA,
  ...MISTRAL,
  ...QWEN,
  ...DEEPSEEK,
  ...GEMMA,
  ...GPT_OSS,
  ...NEMOTRON,
  ...KIMI,
  ...MINIMAX,
  ...GLM,
  ...GRANITE,
  ...PHI_2,
  ...FALCON,
]
