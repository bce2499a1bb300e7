import type { Attention, Preset } from '#src/catalog/preset.ts'
import type { Result } from '#src/lib/result.ts'

/** What a user's file says of the split; absent = left to the operator. */
export interface AskedParallel {
  readonly tensorParallel?: number
  readonly pipelineParallel?: number
  readonly dataParallel?: number
  /** Groups that share out the tokens of a prompt. */
  readonly prefillParallel?: number
}

/** How the GPUs of one replica share a model: each layer over `tensor`, the layers over `pipeline`, requests over `data`. */
export interface Split {
  readonly tensor: number
  readonly pipeline: number
  readonly data: number
  /** GPUs in use: the product of these, and of the groups that share out a prompt. */
  readonly gpus: number
}

const FLAGS = [
  ['tensor-parallel-size', 'tensorParallel'],
  ['pipeline-parallel-size', 'pipelineParallel'],
  ['data-parallel-size', 'dataParallel'],
  ['prefill-context-parallel-size', 'prefillParallel'],
] as const

/** Why a model cannot be split as the file asks. `flag` is the one to change. */
export interface SplitFault {
  readonly flag: (typeof FLAGS)[number][0]
  readonly value: number
  readonly detail: string
  readonly fix: string
}

/**
 * The split of a model over the GPUs of one instance. Left to itself it is the largest divisor of their number that the model
 * comes out even with; the rest holds copies, where the model is a plain transformer (of one with experts, vLLM spreads these over
 * the copies, too, and asks for more to come out even). Else some stay idle. `model` is undefined where nothing is known (a hub id): then one GPU, unless
 * the file says more. `gpus` is undefined where the instance type is not known: then what the file says, or one.
 */
export function splitOver(
  model: Preset | undefined,
  gpus: number | undefined,
  asked: AskedParallel,
): Result<{ readonly split: Split }, SplitFault> {
  const { pipelineParallel: pipeline = 1, prefillParallel: prefill = 1 } = asked
  const others = pipeline * (asked.dataParallel ?? 1) * prefill
  const room = Math.max(1, Math.floor((gpus ?? others) / others))
  const tensor = asked.tensorParallel ?? (model === undefined ? 1 : largestEven(model, room))
  const isFree = !asksForSplit(asked) && model?.architecture !== undefined
  const data = asked.dataParallel ?? (isFree ? Math.floor(room / tensor) : 1)
  const used = tensor * pipeline * data * prefill
  if (gpus !== undefined && used > gpus) return { ok: false, reason: tooMany(asked, used, gpus) }
  if (model !== undefined && !isEven(model, tensor)) {
    return { ok: false, reason: uneven(model, tensor, gpus ?? tensor) }
  }
  return { ok: true, split: { tensor, pipeline, data, gpus: used } }
}

/** Does the file say anything of the split? */
export const asksForSplit = (asked: AskedParallel): boolean => FLAGS.some(([, key]) => asked[key] !== undefined)

/** Heads of a model where they are known. */
export const attentionOf = ({ attention, architecture }: Preset): Attention | undefined => attention ?? architecture

const isEven = (model: Preset, tensor: number): boolean => headsAreEven(model, tensor) && rowsAreEven(model, tensor)

/** vLLM: each GPU gets the same number of heads; key/value heads are shared out evenly, or repeated evenly where there are fewer. */
function headsAreEven(model: Preset, tensor: number): boolean {
  const { heads, kvHeads } = attentionOf(model) ?? { heads: tensor, kvHeads: tensor }
  return heads % tensor === 0 && (kvHeads >= tensor ? kvHeads % tensor === 0 : tensor % kvHeads === 0)
}

/** vLLM shares out the vocabulary, filled up to a multiple of 64, too, and the width of the feed-forward block. */
function rowsAreEven({ architecture }: Preset, tensor: number): boolean {
  const { vocab, intermediate } = architecture ?? { vocab: VOCAB_PADDING, intermediate: tensor }
  return (Math.ceil(vocab / VOCAB_PADDING) * VOCAB_PADDING) % tensor === 0 && intermediate % tensor === 0
}

const VOCAB_PADDING = 64

/** Where the heads are not known, up to 8: what published models of that size are made for. */
function largestEven(model: Preset, gpus: number): number {
  const most = attentionOf(model) === undefined ? Math.min(gpus, 8) : gpus
  for (let tensor = most; tensor > 1; tensor--) if (gpus % tensor === 0 && isEven(model, tensor)) return tensor
  return 1
}

function tooMany(asked: AskedParallel, used: number, gpus: number): SplitFault {
  const named = FLAGS.flatMap(([flag, key]) => {
    const value = asked[key]
    return value === undefined || value === 1 ? [] : [{ flag, value }]
  })
  const [first = { flag: 'tensor-parallel-size' as const, value: used }] = named
  const product = named.map(({ flag, value }) => `${flag} ${value}`).join(' x ')
  const sum = named.length > 1 ? `${product} = ${used} GPUs` : `${product} takes ${used} GPUs`
  return {
    ...first,
    detail: `${sum}, and the instance type has ${gpus}`,
    fix: `leave it out, or choose an instance type with ${used} GPUs`,
  }
}

function uneven(model: Preset, tensor: number, gpus: number): SplitFault {
  const attention = attentionOf(model)
  const what =
    attention === undefined || headsAreEven(model, tensor)
      ? 'the rows of its vocabulary and layers'
      : `${attention.heads} attention heads and ${attention.kvHeads} key/value heads`
  return {
    flag: 'tensor-parallel-size',
    value: tensor,
    detail: `${what} do not come out even over ${tensor} GPUs`,
    fix: `write ${largestEven(model, gpus)}, or leave it out`,
  }
}
