import { minImprovement } from '#src/api/min-improvement.ts'
import { ADAPTER_FOLDER, CHECKPOINTS_FOLDER } from '#src/contract/mounts.ts'
import type { TrainSpec } from '#src/contract/train.ts'
import { defined } from '#src/lib/defined.ts'
import type { TuningInputs } from './tuning-inputs.ts'

/** What the train step is told: also what is judged before it, so that both speak of the same run. */
export const trainSpec = (inputs: TuningInputs, { model, data }: Pick<TrainSpec, 'model' | 'data'>): TrainSpec => ({
  model,
  method: inputs.method,
  data,
  output: ADAPTER_FOLDER,
  checkpoints: CHECKPOINTS_FOLDER,
  targetModules: [...(inputs.preset.tuning?.targetModules ?? [])],
  stallSeconds: inputs.settings.tuningStallSeconds,
  evaluation: defined({ minImprovement: minImprovement(inputs.workspace) }),
  config: inputs.config,
})
