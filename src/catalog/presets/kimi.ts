import { hubModel } from './hub-model.ts'

const NUMBERS = { weightsGiB: 554.32, contextLength: 262_144, kvBytesPerToken: 70_272 }
/** Heads of each config.json. All share one latent. */
const EXTRAS = { quantization: 'pack-quantized', attention: { heads: 64, kvHeads: 1 } }

export const KIMI = ['moonshotai/Kimi-K2.5', 'moonshotai/Kimi-K2.6', 'moonshotai/Kimi-K2.7-Code'].map((id) =>
  hubModel('kimi', id, NUMBERS, EXTRAS),
)
