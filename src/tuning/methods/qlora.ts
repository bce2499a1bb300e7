import { lora } from './lora.ts'
import type { TuningMethod } from './method.ts'

/** LoRA over a base model in 4 bits (NF4, double quantisation): about a third of the memory for a little more time. */
export const qlora: TuningMethod = {
  name: 'qlora',
  quantized: true,
  defaults: {
    ...lora.defaults,
    QuantizationConfig: {
      load_in_4bit: true,
      bnb_4bit_quant_type: 'nf4',
      bnb_4bit_compute_dtype: 'bfloat16',
      bnb_4bit_use_double_quant: true,
    },
  },
}
