import type { AdapterFiles } from '#src/oci/image.ts'

/** A one-tensor safetensors file: 8 bytes of header length, the header, the data. */
export function safetensors(values = 64): Buffer {
  const header = { weight: { dtype: 'F32', shape: [values], data_offsets: [0, values * 4] } }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, Buffer.alloc(values * 4, 7)])
}

export const ADAPTER_CONFIG = { peft_type: 'LORA', r: 8, lora_alpha: 16, target_modules: ['qkv_proj'] }

/** A small adapter as the image builder takes it; `pieces` splits the weights to show that chunking does not matter. */
export function adapterFiles(pieces = 1): AdapterFiles {
  const weights = safetensors()
  const step = Math.ceil(weights.length / pieces)
  const chunks = Array.from({ length: pieces }, (_, i) => weights.subarray(i * step, (i + 1) * step))
  return {
    config: Buffer.from(JSON.stringify(ADAPTER_CONFIG, null, 2)),
    weights: {
      size: weights.length,
      async *open() {
        yield* chunks
      },
    },
  }
}
