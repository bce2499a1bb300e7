import type { Attention, Preset } from '#src/catalog/preset.ts'

/** What a user's file says of the split; absent = left to the operator. */
export interface AskedParallel {
  readonly tensorParallel?: number
  readonly pipelineParallel?: number
  readonly dataParallel?: number
}

/** How the GPUs of one replica share a model: each layer over `tensor`, the layers over `pipeline`, requests over `data`. */
export interface Split {
  readonly tensor: number
  readonly pipeline: number
  readonly data: number
  /** GPUs in use: the product. */
  readonly gpus: number
}

/** Why a model cannot be split as the file asks. `flag` is the one to change. */
export interface SplitFault {
  readonly flag: 'tensor-parallel-size' | 'pipeline-parallel-size' | 'data-parallel-size'
  readonly value: number
  readonly detail: string
  readonly fix: string
}

/**
 * The split of a model over the GPUs of one instance. Left to itself it is the largest divisor of their number that the heads
 * come out even with, so some may stay idle. `model` is undefined where nothing is known (a hub id): then one GPU, unless
 * the file says more. `gpus` is undefined where the instance type is not known: then what the file says, or one.
 */
export function splitOver(
  model: Preset | undefined,
  gpus: number | undefined,
  asked: AskedParallel,
): { readonly ok: true; readonly split: Split } | { readonly ok: false; readonly fault: SplitFault } {
  const { pipelineParallel: pipeline = 1, dataParallel: data = 1 } = asked
  const attention = model && attentionOf(model)
  const room = Math.max(1, Math.floor((gpus ?? pipeline * data) / (pipeline * data)))
  const tensor = asked.tensorParallel ?? (model === undefined ? 1 : largestEven(attention, room))
  const used = tensor * pipeline * data
  if (gpus !== undefined && used > gpus) return { ok: false, fault: tooMany(asked, used, gpus) }
  if (attention !== undefined && !isEven(attention, tensor)) {
    return { ok: false, fault: uneven(attention, tensor, gpus ?? tensor) }
  }
  return { ok: true, split: { tensor, pipeline, data, gpus: used } }
}

/** Heads of a model where they are known. */
export const attentionOf = ({ attention, architecture }: Preset): Attention | undefined => attention ?? architecture

/** vLLM: each GPU gets the same number of heads; key/value heads are shared out evenly, or repeated evenly where there are fewer. */
function isEven({ heads, kvHeads }: Attention, tensor: number): boolean {
  return heads % tensor === 0 && (kvHeads >= tensor ? kvHeads % tensor === 0 : tensor % kvHeads === 0)
}

/** Where the heads are not known, up to 8 and powers of two: what published models of that size are made for. */
function largestEven(attention: Attention | undefined, gpus: number): number {
  const isPossible = (tensor: number) => (attention === undefined ? 8 % tensor === 0 : isEven(attention, tensor))
  for (let tensor = gpus; tensor > 1; tensor--) if (gpus % tensor === 0 && isPossible(tensor)) return tensor
  return 1
}

function tooMany(asked: AskedParallel, used: number, gpus: number): SplitFault {
  const named = (
    [
      ['tensor-parallel-size', asked.tensorParallel],
      ['pipeline-parallel-size', asked.pipelineParallel],
      ['data-parallel-size', asked.dataParallel],
    ] as const
  ).flatMap(([flag, value]) => (value === undefined || value === 1 ? [] : [{ flag, value }]))
  const [first = { flag: 'tensor-parallel-size' as const, value: used }] = named
  const product = named.map(({ flag, value }) => `${flag} ${value}`).join(' x ')
  const sum = named.length > 1 ? `${product} = ${used} GPUs` : `${product} takes ${used} GPUs`
  return {
    ...first,
    detail: `${sum}, and the instance type has ${gpus}`,
    fix: `leave it out, or choose an instance type with ${used} GPUs`,
  }
}

function uneven(attention: Attention, tensor: number, gpus: number): SplitFault {
  const { heads, kvHeads } = attention
  return {
    flag: 'tensor-parallel-size',
    value: tensor,
    detail: `${heads} attention heads and ${kvHeads} key/value heads do not come out even over ${tensor} GPUs`,
    fix: `write ${largestEven(attention, gpus)}, or leave it out`,
  }
}
