import { type Complaint, forbidden, invalid, required } from '#src/lib/field-error.ts'
import type { ResolvedTrainingConfig } from './training-config.ts'

type Values = Readonly<Record<string, unknown>>

/** What stops the trainer when one key says this and another says that. Each names the key that is easiest to change. */
interface Combination {
  readonly path: string
  readonly detail: string
  readonly fix: string
  readonly isWrong: (the: Facts) => boolean
}

interface Facts {
  readonly training: Values
  readonly lora: Values
  /** Some rows are kept for evaluation. */
  readonly hasSplit: boolean
  /** As the constructor sees it: the trainer turns it on for a split only afterwards. */
  readonly evaluates: unknown
  readonly saves: unknown
}

/**
 * Checks across keys, with the defaults in place: the ones that SFTConfig (trl 1.16, transformers 5.19), LoraConfig (peft
 * 0.21) and the trainer's first step make themselves, on the GPU. A key is named only if the file has it.
 */
export function combinationFaults({
  TrainingArguments,
  LoraConfig,
  DatasetConfig,
}: ResolvedTrainingConfig): Complaint[] {
  const split = DatasetConfig['train_test_split']
  const facts: Facts = {
    training: TrainingArguments,
    lora: LoraConfig,
    hasSplit: typeof split === 'number' && split < 1,
    evaluates: TrainingArguments['eval_strategy'] ?? 'no',
    saves: TrainingArguments['save_strategy'],
  }
  const wrong = COMBINATIONS.filter(({ isWrong }) => isWrong(facts))
  return [
    ...wrong.map(({ path, detail, fix }) => forbidden(path, valueAt(facts, path), detail, { fix })),
    ...bestModelFaults(facts),
    ...schedulerFaults(TrainingArguments),
    ...stepFaults(TrainingArguments),
  ]
}

const SPLIT_FIX = 'set DatasetConfig.train_test_split: 0.9, or remove it'

const COMBINATIONS: readonly Combination[] = [
  {
    path: 'TrainingArguments.eval_strategy',
    detail: 'no rows are kept for evaluation',
    fix: SPLIT_FIX,
    isWrong: ({ evaluates, hasSplit }) => evaluates !== 'no' && !hasSplit,
  },
  {
    path: 'TrainingArguments.eval_on_start',
    detail: 'no rows are kept for evaluation',
    fix: SPLIT_FIX,
    isWrong: ({ training, hasSplit }) => training['eval_on_start'] === true && !hasSplit,
  },
  {
    path: 'TrainingArguments.save_strategy',
    detail: 'the best checkpoint is known by a metric and by evaluations',
    fix: 'set metric_for_best_model: loss and eval_strategy: epoch, or write steps',
    isWrong: ({ training, saves, hasSplit }) => {
      const evaluates = training['eval_strategy'] ?? (hasSplit ? 'epoch' : 'no')
      const metric = training['metric_for_best_model'] ?? (training['load_best_model_at_end'] === true ? 'loss' : null)
      return saves === 'best' && (metric === null || evaluates === 'no')
    },
  },
  {
    path: 'TrainingArguments.lr_scheduler_type',
    detail: 'this schedule lowers the rate by what evaluations say',
    fix: 'set eval_strategy: epoch and DatasetConfig.train_test_split: 0.9, or write cosine',
    isWrong: ({ training, evaluates }) =>
      training['lr_scheduler_type'] === 'reduce_lr_on_plateau' && evaluates === 'no',
  },
  {
    path: 'TrainingArguments.padding_free',
    detail: 'without packing the length of a batch has no limit',
    fix: 'set packing: true as well, or remove it',
    isWrong: ({ training }) =>
      training['padding_free'] === true && training['packing'] !== true && training['max_length'] !== null,
  },
  {
    path: 'TrainingArguments.max_length',
    detail: 'packing fills samples up to this length',
    fix: 'write for example 1024, or remove packing',
    isWrong: ({ training }) =>
      (training['packing'] === true || training['eval_packing'] === true) && training['max_length'] === null,
  },
  {
    path: 'TrainingArguments.dataloader_prefetch_factor',
    detail: 'only workers fetch ahead',
    fix: 'set dataloader_num_workers: 2, or remove it',
    isWrong: ({ training }) => isSet(training['dataloader_prefetch_factor']) && !training['dataloader_num_workers'],
  },
  {
    path: 'TrainingArguments.dataloader_persistent_workers',
    detail: 'there are no workers to keep',
    fix: 'set dataloader_num_workers: 2, or remove it',
    isWrong: ({ training }) =>
      training['dataloader_persistent_workers'] === true && !training['dataloader_num_workers'],
  },
  {
    path: 'TrainingArguments.fp16_full_eval',
    detail: 'evaluation is in one of fp16 and bf16',
    fix: 'remove one of fp16_full_eval and bf16_full_eval',
    isWrong: ({ training }) => training['fp16_full_eval'] === true && training['bf16_full_eval'] === true,
  },
  {
    path: 'LoraConfig.layers_pattern',
    detail: 'it says where the layers of layers_to_transform are, which is missing',
    fix: 'set layers_to_transform, or remove it',
    isWrong: ({ lora }) => hasContent(lora['layers_pattern']) && !isSet(lora['layers_to_transform']),
  },
  {
    path: 'TrainingArguments.dataset_kwargs',
    detail: 'rows are made into tokens by the trainer alone, which this would skip',
    fix: 'remove skip_prepare_dataset',
    isWrong: ({ training: { dataset_kwargs: given } }) =>
      Object.entries(given ?? {}).some(([key, value]) => key === 'skip_prepare_dataset' && value === true),
  },
  {
    path: 'TrainingArguments.optim_args',
    detail: 'it is read as key=value, key=value',
    fix: 'write for example "rank=4", or remove it',
    isWrong: ({ training: { optim_args: text } }) =>
      typeof text === 'string' && text !== '' && text.split(',').some((pair) => pair.split('=').length !== 2),
  },
  {
    path: 'TrainingArguments.gradient_checkpointing_kwargs',
    detail: 'torch takes use_reentrant and preserve_rng_state here, true or false',
    fix: 'write for example {use_reentrant: false}, or remove it',
    isWrong: ({ training: { gradient_checkpointing_kwargs: given } }) =>
      Object.entries(given ?? {}).some(
        ([key, value]) => !/^(use_reentrant|preserve_rng_state)$/.test(key) || typeof value !== 'boolean',
      ),
  },
  ...['rank_pattern', 'alpha_pattern'].map((key) => ({
    path: `LoraConfig.${key}`,
    detail: 'its keys are names of modules, or beginnings and ends of their paths',
    fix: 'write for example {o_proj: 16}',
    isWrong: ({ lora }: Facts) => Object.keys(lora[key] ?? {}).some((name) => !MODULE_NAME.test(name)),
  })),
  ...['layers_pattern', 'layers_to_transform'].map((key) => ({
    path: `LoraConfig.${key}`,
    detail: 'it goes with a list of target_modules only',
    fix: 'write target_modules as a list, or remove it',
    isWrong: ({ lora }: Facts) => typeof lora['target_modules'] === 'string' && isSet(lora[key]),
  })),
]

/** What peft can put into a regular expression of its own: `o_proj`, `layers.0.self_attn.o_proj`, `^model.*o_proj`. */
const MODULE_NAME = /^\^?(?:\.\*)?[\w-]+(?:(?:\\?\.|\.\*|\|)[\w-]+)*\$?$/

/** The last or the best checkpoint can be told only where each save comes with an evaluation. */
function bestModelFaults({ training, evaluates, saves }: Facts): Complaint[] {
  if (training['load_best_model_at_end'] !== true || saves === 'best') return []
  const path = 'TrainingArguments.load_best_model_at_end'
  if (evaluates === 'no' || evaluates !== saves) {
    const detail = 'it needs an evaluation at each save: eval_strategy and save_strategy must be the same'
    const fix = 'set both to epoch, and DatasetConfig.train_test_split: 0.9'
    return [forbidden(path, true, detail, { fix })]
  }
  const every = numberOr(training['eval_steps'], numberOr(training['logging_steps'], 5))
  const saveEvery = numberOr(training['save_steps'], 0.1)
  if (evaluates !== 'steps' || isMultiple(saveEvery, every)) return []
  const detail = 'each save needs an evaluation: save_steps must be a multiple of eval_steps'
  return [forbidden(path, true, detail, { fix: 'set save_steps and eval_steps to the same number' })]
}

/** As transformers has it: shares of all steps and numbers of steps do not mix; shares are compared in millionths. */
function isMultiple(whole: number, part: number): boolean {
  if (whole % part === 0) return true
  return whole < 1 && part < 1 && Math.round(whole * 1e6) % Math.round(part * 1e6) === 0
}

/** What each schedule takes in lr_scheduler_kwargs, of transformers' optimization.py and torch's ReduceLROnPlateau. */
const SCHEDULE_KEYS: Readonly<Record<string, readonly string[]>> = {
  linear: [],
  cosine: ['num_cycles'],
  cosine_with_restarts: ['num_cycles'],
  cosine_with_min_lr: ['num_cycles', 'min_lr', 'min_lr_rate'],
  polynomial: ['lr_end', 'power'],
  inverse_sqrt: ['timescale'],
  reduce_lr_on_plateau: ['mode', 'factor', 'patience', 'threshold', 'threshold_mode', 'cooldown', 'min_lr', 'eps'],
  warmup_stable_decay: [
    'num_decay_steps',
    'num_stable_steps',
    'warmup_type',
    'decay_type',
    'min_lr_ratio',
    'num_cycles',
  ],
}

function schedulerFaults(training: Values): Complaint[] {
  const path = 'TrainingArguments.lr_scheduler_kwargs'
  const type = String(training['lr_scheduler_type'] ?? 'linear')
  const given = training['lr_scheduler_kwargs']
  const values = typeof given === 'object' && given !== null ? given : {}
  const known = SCHEDULE_KEYS[type]
  const keys = Object.keys(values)
  const strange = known === undefined ? [] : keys.filter((key) => !known.includes(key))
  const takes = known === undefined || known.length === 0 ? 'nothing' : known.join(', ')
  const complaints = strange.map((key) =>
    invalid(path, key, `the schedule ${type} takes ${takes}`, { fix: `remove ${key}` }),
  )
  if (type === 'cosine_with_min_lr' && 'min_lr' in values === 'min_lr_rate' in values) {
    const fix = 'write for example lr_scheduler_kwargs: {min_lr_rate: 0.1}'
    complaints.push(required(path, `${type} needs one of min_lr and min_lr_rate`, { fix }))
  }
  if (type === 'warmup_stable_decay' && !('num_decay_steps' in values)) {
    const fix = 'write for example lr_scheduler_kwargs: {num_decay_steps: 100}'
    complaints.push(required(path, `${type} needs num_decay_steps`, { fix }))
  }
  return complaints
}

/** Below 1 they are a share of all steps, above it a number of steps. */
function stepFaults(training: Values): Complaint[] {
  return (['logging', 'eval', 'save'] as const).flatMap((what) => {
    const value = training[`${what}_steps`]
    const strategy = training[`${what}_strategy`] ?? (what === 'eval' ? 'no' : 'steps')
    if (strategy !== 'steps' || typeof value !== 'number' || value <= 1 || Number.isInteger(value)) return []
    const fix = 'round it'
    return [invalid(`TrainingArguments.${what}_steps`, value, 'above 1 it must be a whole number of steps', { fix })]
  })
}

const isSet = (value: unknown) => value !== undefined && value !== null
const hasContent = (value: unknown) => isSet(value) && value !== '' && !(Array.isArray(value) && value.length === 0)
const numberOr = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise)
const valueAt = ({ training, lora }: Facts, path: string): unknown => {
  const [section, key = ''] = path.split('.')
  return (section === 'LoraConfig' ? lora : training)[key]
}
