import { defined } from '#src/lib/defined.ts'

type Values = Readonly<Record<string, unknown>>

/** What a run may spread its rows over. */
export interface Room {
  readonly gpus: number
  /** Do this many rows at a time leave each GPU with memory to spare? */
  readonly fits: (batchSize: number) => boolean
}

/** Where neither the GPU nor the model's shape is known. */
export const LEAST_ROOM: Room = { gpus: 1, fits: () => false }

/**
 * Rows that one step of the optimizer learns from, where the file does not say: what published recipes for adapters use
 * (QLoRA's for 7B and 13B; Alpaca-LoRA's is 128). One row a step, the library's way with a batch of 1, is noisy and leaves
 * most of a GPU idle; the same rows in steps of 16 are a sixteenth of the steps.
 */
export const ROWS_A_STEP = 16

/** Rows at a time beyond which a GPU gains next to nothing with rows of hundreds of tokens, and only padding grows. */
const MOST_AT_A_TIME = 8

/**
 * How many rows are worked on at a time and how often that is added up before a step, from what the file says of both:
 * what it says stays. Rows of one batch are padded to the longest, so where the batch is ours they are put together by length.
 */
export function batching(user: Values, { gpus, fits }: Room): Values {
  const said = {
    batch: numberOf(user['per_device_train_batch_size']),
    accumulation: numberOf(user['gradient_accumulation_steps']),
  }
  const rowsOfGpu = Math.max(1, Math.floor(ROWS_A_STEP / gpus / (said.accumulation ?? 1)))
  const chosen = [8, 4, 2].find((size) => size <= Math.min(rowsOfGpu, MOST_AT_A_TIME) && fits(size)) ?? 1
  const batch = said.batch ?? chosen
  // Who says how many rows make a batch may count on their order being by chance.
  const isOurs = said.batch === undefined && user['train_sampling_strategy'] === undefined
  const isGrouped = isOurs && batch > 1 && user['packing'] !== true
  return {
    per_device_train_batch_size: batch,
    gradient_accumulation_steps: said.accumulation ?? Math.max(1, Math.floor(ROWS_A_STEP / (batch * gpus))),
    ...(user['per_device_eval_batch_size'] === undefined ? { per_device_eval_batch_size: batch } : {}),
    ...defined({ train_sampling_strategy: isGrouped ? 'group_by_length' : undefined }),
  }
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined)
