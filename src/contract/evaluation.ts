import { isJsonObject } from '#src/lib/json.ts'

/**
 * Which rows the train step keeps back where the config says nothing, to ask the base model and the adapter of: a share of
 * them, no more than are needed, and none of fewer than there must be (jobs/trainer/evaluation.py has the reckoning).
 */
export const HELD_OUT = { share: 0.1, most: 200, least: 50 } as const
/** Answers that are shown, and tokens of each at most. */
export const SAMPLES = 3
export const ANSWER_TOKENS = 64
/** Characters of each text of a sample, and of everything that is said of an evaluation, as JSON. */
export const SAMPLE_CHARS = 240
export const EVALUATION_CHARS = 3500

export interface Sample {
  readonly prompt: string
  /** What the row has as its answer. */
  readonly wanted: string
  readonly base: string
  readonly adapter: string
}

/** Losses of a token on rows that were not trained on. Written by jobs/trainer/evaluation.py. */
export interface Evaluation {
  readonly rows: number
  readonly baseLoss: number
  readonly loss: number
  /** None in a termination message, which has no room for them. */
  readonly samples: readonly Sample[]
}

/** Whatever ran in the pod wrote this: nothing in what is read is larger than what the train step would say. */
export function toEvaluation(value: unknown): Evaluation | undefined {
  if (!isJsonObject(value)) return undefined
  const { rows, baseLoss, loss, samples } = value
  if (!Number.isSafeInteger(rows) || Number(rows) < 1 || !isLoss(baseLoss) || !isLoss(loss)) return undefined
  return {
    rows: Number(rows),
    baseLoss,
    loss,
    samples: Array.isArray(samples) ? samples.slice(0, SAMPLES).flatMap(toSample) : [],
  }
}

/** Percent by which the loss is lower with the adapter; negative where it is higher. */
export const improvementOf = ({ baseLoss, loss }: Pick<Evaluation, 'baseLoss' | 'loss'>): number =>
  baseLoss > 0 ? (100 * (baseLoss - loss)) / baseLoss : 0

function toSample(value: unknown): Sample[] {
  if (!isJsonObject(value)) return []
  const text = (key: keyof Sample) => {
    const found = value[key]
    return typeof found === 'string' ? found.slice(0, SAMPLE_CHARS) : ''
  }
  return [{ prompt: text('prompt'), wanted: text('wanted'), base: text('base'), adapter: text('adapter') }]
}

const isLoss = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0
