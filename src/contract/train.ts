import { int, number, object, oneOf, open, optional } from '#src/api/schema-kit.ts'
import { folder, word, words } from './fields.ts'
import { type Body, message } from './message.ts'

/** What the trainer knows how to do. */
export const TRAINER_METHODS = ['lora', 'qlora'] as const

/** The sections of training_config.yaml, in the order KAITO's template has them. */
export const TRAINING_SECTIONS = [
  'ModelConfig',
  'QuantizationConfig',
  'LoraConfig',
  'TrainingArguments',
  'DatasetConfig',
  'DataCollator',
] as const

const section = open()

const toTrainer = {
  name: 'train',
  variable: 'KAITO_STEP',
  program: undefined,
  ends: [
    'ConfigInvalid',
    'DatasetInvalid',
    'BaseModelUnavailable',
    'CudaOutOfMemory',
    'TrainingFailed',
    'Stalled',
    'OOMKilled',
    'NotImproved',
  ],
} as const

/** What a run is made from. */
export const trainFields = {
  model: object(
    { path: optional(folder()), id: optional(word()), revision: optional(word()) },
    { description: 'A folder, or an id of the model hub with its revision.' },
  ),
  method: oneOf(TRAINER_METHODS),
  data: folder(),
  output: folder('Where the adapter goes.'),
  checkpoints: folder(),
  targetModules: words("The preset's linear layers, where the config names none; empty for all."),
  stallSeconds: int({ minimum: 1, description: 'A run in which nothing moves for so long is ended.' }),
  evaluation: object(
    { minImprovement: optional(number({ description: 'Percent by which the adapter has to lower the loss.' })) },
    { description: 'What is asked of the adapter on rows that are kept back.' },
  ),
  config: object({
    ModelConfig: section,
    QuantizationConfig: section,
    LoraConfig: section,
    TrainingArguments: section,
    DatasetConfig: section,
    DataCollator: section,
  } satisfies Record<(typeof TRAINING_SECTIONS)[number], unknown>),
}

/** Step `train`: base model and data to an adapter. Read by jobs/trainer, which is Python; contract.py is made from this. */
export const trainMessage = message(toTrainer, trainFields)

export type TrainSpec = Body<typeof trainMessage>
