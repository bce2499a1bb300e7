import type { Architecture } from './preset.ts'

/** A linear module as LoRA sees it: the width of what goes in and out, and how many of it the model has. */
export interface ModuleShape {
  readonly input: number
  readonly output: number
  readonly copies: number
}

/**
 * The shape of a module by its name in the model (`q_proj`, fused `qkv_proj`, `lm_head`, …), or undefined when a decoder
 * of this kind has no such linear module.
 */
export function moduleShape(architecture: Architecture, name: string): ModuleShape | undefined {
  const { hidden, intermediate, heads, kvHeads, headDim, layers, vocab } = architecture
  const query = heads * headDim
  const keyValue = kvHeads * headDim
  switch (name) {
    case 'q_proj':
      return { input: hidden, output: query, copies: layers }
    case 'k_proj':
    case 'v_proj':
      return { input: hidden, output: keyValue, copies: layers }
    case 'qkv_proj':
      return { input: hidden, output: query + 2 * keyValue, copies: layers }
    case 'o_proj':
      return { input: query, output: hidden, copies: layers }
    case 'gate_proj':
    case 'up_proj':
      return { input: hidden, output: intermediate, copies: layers }
    case 'gate_up_proj':
      return { input: hidden, output: 2 * intermediate, copies: layers }
    case 'down_proj':
      return { input: intermediate, output: hidden, copies: layers }
    case 'lm_head':
      return { input: hidden, output: vocab, copies: 1 }
    default:
      return undefined
  }
}

/** Trainable weights of a LoRA adapter. Names that the architecture does not have get no matrices, so they count nothing. */
export function adapterParameters(architecture: Architecture, rank: number, modules: readonly string[]): number {
  let total = 0
  for (const name of new Set(modules)) {
    const shape = moduleShape(architecture, name)
    if (shape !== undefined) total += shape.copies * rank * (shape.input + shape.output)
  }
  return total
}

/** Parameters that stay in 16 bits under QLoRA: embeddings, output head and norms. */
export function unquantizedParameters({ vocab, hidden, layers, tiedEmbeddings }: Architecture): number {
  return vocab * hidden * (tiedEmbeddings ? 1 : 2) + (2 * layers + 1) * hidden
}

/** Bytes of one token in a 16-bit key/value cache, all layers. */
export function kvBytesPerToken({ layers, kvHeads, headDim }: Architecture): number {
  return layers * 2 * kvHeads * headDim * 2
}
