import { ANSWER_TOKENS, HELD_OUT, SAMPLES } from '#src/contract/evaluation.ts'
import { TRAINING_SECTIONS } from '#src/contract/train.ts'
import { ROWS_A_STEP } from './batching.ts'
import { METHODS } from './methods/index.ts'
import { HINTS, NARROWED, WITHOUT_EFFECT } from './training-hints.ts'
import { describe, type SectionName, sectionKeys } from './training-schema.ts'

/** docs/training-config.md: every section of training_config.yaml, its keys, what they may be, and the defaults. */
export function trainingConfigMarkdown(): string {
  return [
    '# training_config.yaml',
    '',
    '<!-- Generated from src/tuning by `npm run generate`. Do not edit. -->',
    '',
    'The ConfigMap that `tuning.config` names holds this file under the key `training_config.yaml`: one map,',
    '`training_config`, with the sections below. A section or key that is left out has its default; without one, the',
    "library's applies, but for two that depend on the data: `assistant_only_loss` is true where the chat template lets answers",
    'be told apart, and with a split `eval_strategy` is epoch. `max_length` never goes beyond what the model can read.',
    'Any other key is refused, and so are keys that do not go together (`eval_strategy` without rows to evaluate on,',
    '`load_best_model_at_end` without an evaluation at each save, a schedule without what it needs, …).',
    '`target_modules` is a list of linear modules of the model, `all-linear`, or one regular expression of whole paths,',
    'which is not checked. A rank above 64 needs `max-lora-rank` in the inference.config of the Workspace that serves it.',
    '',
    ...EXAMPLE,
    ...BATCHES,
    ...EVALUATION,
    ...TRAINING_SECTIONS.flatMap(section),
  ].join('\n')
}

/** Why the defaults are what they are. */
const BATCHES = [
  '## Rows, steps and epochs',
  '',
  `Where the file does not say, one step of the optimizer learns from ${ROWS_A_STEP} rows, whatever the GPUs: a step of one row`,
  'is noisy, and a data set of 15,000 rows would be 45,000 steps in three epochs, with most of a GPU idle; in steps of',
  `${ROWS_A_STEP} it is 2,800, which is hours on the smallest and less than one on the larger GPUs. The ${ROWS_A_STEP} rows are`,
  '`per_device_train_batch_size` x `gradient_accumulation_steps` x GPUs of the node, each of which trains on its share. The',
  'first is the largest of 8, 4, 2 and 1 for which the safe memory estimate (docs/memory.md) stays within the GPU, so that the',
  'estimate of a plan includes it; 1 where the model or the GPU is not known. The second is what is left. What the file says',
  'of one of them stays, and the other is made from it; to train with a step of one row, say 1 for both. Evaluation takes as',
  'many rows at a time as training.',
  '',
  'Rows of a batch are padded to the longest of them, so where the file does not say how many make one, the default of',
  '`train_sampling_strategy` is group_by_length. They are not packed by default: packed rows are kept apart by an attention',
  'kernel that the image does not have, and would see each other. Three epochs are the library’s own default, and what the',
  'published recipes for 10,000 to 50,000 rows use (Alpaca: 3); for more rows say 1.',
  '',
]

/** What is measured of an adapter, and what that costs. */
const EVALUATION = [
  '## Is the adapter better?',
  '',
  `Where \`train_test_split\` is not set, ${HELD_OUT.share * 100} % of the rows, at most ${HELD_OUT.most}, are kept back by the seed \`shuffle_seed\`, and`,
  `none of a dataset of fewer than ${HELD_OUT.least}. After the last step the base model and the adapter are asked of them: two passes`,
  `without gradients over at most ${HELD_OUT.most} rows and ${HELD_OUT.most * 1024} tokens, and ${2 * SAMPLES} answers of at most ${ANSWER_TOKENS} tokens. That is about`,
  'a fortieth of three epochs over 2,000 rows, and less of more. Both losses (a mean over tokens) and three answers are in',
  '`status.tuning.evaluation`, in the annotations of the adapter image and in an event `Evaluated`. A split of your own is',
  'evaluated after each epoch as well, as the library does it; `train_test_split: 1` turns all of it off, also where answers',
  'must not be shown to those who may read the Workspace or the image.',
  '',
  'The annotation `kaito.sh/min-improvement: "5%"` on the Workspace makes it a condition: a run whose loss with the adapter is',
  'not lower by as much ends with the reason `NotImproved`, and nothing is pushed.',
  '',
]

/** A test reads it back: what stands here is accepted. */
const EXAMPLE = [
  '```yaml',
  'apiVersion: v1',
  'kind: ConfigMap',
  'metadata: {name: my-training}    # tuning: {config: my-training}',
  'data:',
  '  training_config.yaml: |',
  '    training_config:',
  '      LoraConfig: {r: 16, lora_alpha: 32, lora_dropout: 0.05}',
  '      TrainingArguments: {num_train_epochs: 3, learning_rate: 0.0001, per_device_train_batch_size: 4, max_length: 2048}',
  '      DatasetConfig: {train_test_split: 0.9}',
  '```',
  '',
]

function section(name: SectionName): string[] {
  const rows = Object.entries(sectionKeys(name)).map(
    ([key, property]) => `| \`${key}\` | ${describe(property).replaceAll('|', '\\|')} | ${defaults(name, key)} |`,
  )
  const hints = Object.entries(HINTS[name] ?? {}).map(([key, { why, fix }]) => `- \`${key}\`: ${why}; ${fix}`)
  const narrowed = Object.entries(NARROWED[name] ?? {}).map(([key, why]) => `- \`${key}\`: no other value, ${why}`)
  const ignored = WITHOUT_EFFECT[name] ?? []
  return [
    `## ${name}`,
    '',
    '| key | what it may be | default |',
    '|---|---|---|',
    ...rows,
    '',
    ...(hints.length + narrowed.length === 0 ? [] : ['Refused, with the reason:', '', ...hints, ...narrowed, '']),
    ...(ignored.length === 0 ? [] : [`Accepted without effect: ${ignored.map((key) => `\`${key}\``).join(', ')}.`, '']),
  ]
}

/** `8`, or `lora: false, qlora: true` where the methods differ. */
function defaults(name: SectionName, key: string): string {
  const values = METHODS.map((method) => ({ method: method.name, text: JSON.stringify(method.defaults[name][key]) }))
  const [first] = values
  if (values.every(({ text }) => text === first?.text)) return first?.text === undefined ? '' : `\`${first.text}\``
  return values
    .filter(({ text }) => text !== undefined)
    .map(({ method, text }) => `${method}: \`${text}\``)
    .join(', ')
}
