import type { TRAINER_METHODS } from '#src/contract/train.ts'
import type { ResolvedTrainingConfig } from '../training-config.ts'

export type MethodName = (typeof TRAINER_METHODS)[number]

/** A way to tune a model. A new one is one more value in `index.ts`. */
export interface TuningMethod {
  /** As it is written in `tuning.method`, lower case. */
  readonly name: MethodName
  /** True when the base model is loaded in 4 or 8 bits: decides both the memory estimate and what the config must say. */
  readonly quantized: boolean
  /** What applies where the user's training_config.yaml says nothing. */
  readonly defaults: ResolvedTrainingConfig
}
