import { hubModel } from './hub-model.ts'

const NUMBERS = { weightsGiB: 554.32, contextLength: 262_144, kvBytesPerToken: 70_272 }
const EXTRAS = { quantization: 'pack-quantized' }

export const KIMI = ['moonshotai/Kimi-K2.5', 'moonshotai/Kimi-K2.6', 'moonshotai/Kimi-K2.7-Code'].map((id) =>
  hubModel('kimi', id, NUMBERS, EXTRAS),
)
