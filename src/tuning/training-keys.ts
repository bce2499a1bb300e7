import { defined } from '#src/lib/defined.ts'

/**
 * Every key that a section of training_config.yaml may have, with its type and range, as JSON Schema properties.
 * They are the fields of transformers' TrainingArguments 5.19 with trl's SFTConfig 1.16, of peft's LoraConfig 0.21, of
 * transformers' BitsAndBytesConfig (a test holds them to the trainer's locks), and of KAITO's own ModelConfig, DatasetConfig and DataCollator sections.
 * Fields that would reach out of the pod (uploads, trackers, remote code) are left out; `training-hints.ts` says why.
 */
export type Property = Readonly<Record<string, unknown>>
export type Section = Readonly<Record<string, Property>>

const bool: Property = { type: 'boolean' }
const str: Property = { type: 'string', maxLength: 4096 }
const strings: Property = { type: ['array', 'string', 'null'], items: { type: 'string' }, maxItems: 1000 }
const list: Property = { ...strings, type: ['array', 'null'] }
const number = (minimum: number, maximum?: number): Property => ({
  type: 'number',
  minimum,
  ...defined({ maximum }),
})
const int = (minimum: number, maximum?: number): Property => ({ ...number(minimum, maximum), type: 'integer' })
const oneOf = (...values: string[]): Property => ({ type: 'string', enum: values })
const orNull = (property: Property): Property => ({ ...property, type: [property['type'], 'null'].flat() })
const map: Property = { type: 'object' }
const DTYPES = ['bfloat16', 'float16', 'float32', 'auto']
const above0 = (maximum?: number): Property => ({
  type: 'number',
  exclusiveMinimum: 0,
  ...defined({ maximum }),
})

export const MODEL_KEYS: Section = {
  torch_dtype: oneOf(...DTYPES),
  dtype: oneOf(...DTYPES),
  device_map: oneOf('auto', 'balanced', 'sequential', 'cuda', 'cpu'),
  attn_implementation: oneOf('eager', 'sdpa'),
  local_files_only: bool,
  chat_template: orNull({ type: 'string', maxLength: 32_768 }),
  load_in_4bit: bool,
  load_in_8bit: bool,
}

const OPTIMISERS = [
  'adamw_torch',
  'adamw_torch_fused',
  'adamw_8bit',
  'adamw_bnb_8bit',
  'paged_adamw_32bit',
  'paged_adamw_8bit',
  'ademamix',
  'ademamix_8bit',
  'paged_ademamix_32bit',
  'paged_ademamix_8bit',
  'lion_32bit',
  'lion_8bit',
  'paged_lion_32bit',
  'paged_lion_8bit',
  'rmsprop',
  'rmsprop_bnb',
  'rmsprop_bnb_8bit',
  'rmsprop_bnb_32bit',
  'adafactor',
  'adagrad',
  'sgd',
]

export const QUANTIZATION_KEYS: Section = {
  quant_method: oneOf('bitsandbytes'),
  load_in_4bit: bool,
  load_in_8bit: bool,
  llm_int8_threshold: number(0, 1000),
  llm_int8_skip_modules: list,
  llm_int8_enable_fp32_cpu_offload: bool,
  llm_int8_has_fp16_weight: bool,
  bnb_4bit_compute_dtype: oneOf('bfloat16', 'float16', 'float32'),
  bnb_4bit_quant_type: oneOf('nf4', 'fp4'),
  bnb_4bit_quant_storage: oneOf('uint8', 'bfloat16', 'float16', 'float32'),
  bnb_4bit_use_double_quant: bool,
}

export const LORA_KEYS: Section = {
  r: int(1, 512),
  lora_alpha: above0(65_536),
  lora_dropout: number(0, 0.99),
  target_modules: strings,
  exclude_modules: strings,
  bias: oneOf('none'),
  task_type: oneOf('CAUSAL_LM'),
  peft_type: oneOf('LORA'),
  fan_in_fan_out: bool,
  inference_mode: bool,
  use_rslora: bool,
  init_lora_weights: { type: ['boolean', 'string'], enum: [true, false, 'gaussian', 'orthogonal'] },
  layers_to_transform: { type: ['array', 'integer', 'null'], items: { type: 'integer', minimum: 0 }, minimum: 0 },
  layers_pattern: strings,
  rank_pattern: { type: 'object', additionalProperties: int(1, 512) },
  alpha_pattern: { type: 'object', additionalProperties: above0(65_536) },
}

export const DATASET_KEYS: Section = {
  dataset_path: orNull(str),
  dataset_extension: orNull({ type: 'string', enum: ['csv', 'json', 'jsonl', 'parquet', 'arrow', null] }),
  shuffle_dataset: bool,
  shuffle_seed: int(0, 4_294_967_295),
  context_column: orNull(str),
  response_column: orNull(str),
  messages_column: orNull(str),
  train_test_split: orNull(above0(1)),
}

export const COLLATOR_KEYS: Section = {
  mlm: bool,
  mlm_probability: number(0, 1),
  pad_to_multiple_of: orNull(int(1, 4096)),
  return_tensors: oneOf('pt'),
}

const STRATEGY = oneOf('no', 'steps', 'epoch')
const PRECISION: Section = {
  bf16: orNull(bool),
  fp16: bool,
  tf32: orNull(bool),
  bf16_full_eval: bool,
  fp16_full_eval: bool,
}

const OPTIMISER: Section = {
  learning_rate: above0(1),
  lr_scheduler_type: oneOf(
    'linear',
    'cosine',
    'cosine_with_restarts',
    'cosine_with_min_lr',
    'polynomial',
    'constant',
    'constant_with_warmup',
    'inverse_sqrt',
    'reduce_lr_on_plateau',
    'warmup_stable_decay',
  ),
  lr_scheduler_kwargs: orNull(map),
  warmup_steps: number(0),
  optim: oneOf(...OPTIMISERS),
  optim_args: orNull(str),
  weight_decay: number(0, 1),
  adam_beta1: number(0, 0.999_999),
  adam_beta2: number(0, 0.999_999),
  adam_epsilon: above0(1),
  max_grad_norm: number(0),
  label_smoothing_factor: number(0, 1),
  neftune_noise_alpha: orNull(number(0)),
}

const AMOUNT: Section = {
  num_train_epochs: above0(10_000),
  max_steps: int(-1, 100_000_000),
  per_device_train_batch_size: int(1, 4096),
  per_device_eval_batch_size: int(1, 4096),
  gradient_accumulation_steps: int(1, 65_536),
  auto_find_batch_size: bool,
  average_tokens_across_devices: bool,
  gradient_checkpointing: orNull(bool),
  gradient_checkpointing_kwargs: orNull(map),
  activation_offloading: bool,
  use_cache: bool,
  use_cpu: bool,
  torch_empty_cache_steps: orNull(int(1)),
  seed: int(0, 4_294_967_295),
  data_seed: orNull(int(0, 4_294_967_295)),
  full_determinism: bool,
}

const REPORTING: Section = {
  logging_strategy: STRATEGY,
  logging_steps: above0(),
  logging_first_step: bool,
  logging_nan_inf_filter: bool,
  log_level: oneOf('debug', 'info', 'warning', 'error', 'critical', 'passive'),
  disable_tqdm: orNull(bool),
  report_to: { type: ['string', 'array', 'null'], enum: ['none', null, []] },
  run_name: orNull(str),
  include_num_input_tokens_seen: { type: ['string', 'boolean'], enum: ['no', 'all', 'non_padding', true, false] },
  skip_memory_metrics: bool,
  eval_strategy: STRATEGY,
  eval_steps: orNull(above0()),
  eval_delay: number(0),
  eval_on_start: bool,
  eval_accumulation_steps: orNull(int(1)),
  prediction_loss_only: bool,
  do_train: bool,
  do_eval: bool,
}

/** What TRL's evaluation measures; a run that asks for another ends at its first evaluation. */
const METRICS = ['loss', 'mean_token_accuracy', 'entropy']

const SAVING: Section = {
  output_dir: { type: 'string', minLength: 1, maxLength: 1024 },
  save_strategy: oneOf('no', 'steps', 'epoch', 'best'),
  save_steps: above0(),
  save_total_limit: orNull(int(1, 1000)),
  save_only_model: bool,
  load_best_model_at_end: bool,
  metric_for_best_model: {
    type: ['string', 'null'],
    enum: [...METRICS, ...METRICS.map((name) => `eval_${name}`), null],
  },
  greater_is_better: orNull(bool),
}

const DATA: Section = {
  max_length: orNull(int(8, 10_000_000)),
  packing: bool,
  packing_strategy: oneOf('bfd', 'bfd_split', 'wrapped'),
  eval_packing: orNull(bool),
  padding_free: bool,
  pad_to_multiple_of: orNull(int(1)),
  truncation_mode: oneOf('keep_start', 'keep_end'),
  shuffle_dataset: bool,
  completion_only_loss: orNull(bool),
  assistant_only_loss: bool,
  loss_type: oneOf('nll', 'dft', 'chunked_nll'),
  dataset_text_field: str,
  dataset_num_proc: orNull(int(1, 256)),
  dataset_kwargs: orNull(map),
  eos_token: orNull(str),
  pad_token: orNull(str),
  dataloader_drop_last: bool,
  dataloader_num_workers: int(0, 256),
  dataloader_pin_memory: bool,
  dataloader_persistent_workers: bool,
  dataloader_prefetch_factor: orNull(int(1, 1000)),
  remove_unused_columns: bool,
  train_sampling_strategy: oneOf('random', 'sequential', 'group_by_length', 'batch_rebalance'),
  length_column_name: str,
  ignore_data_skip: bool,
  ddp_find_unused_parameters: orNull(bool),
  ddp_bucket_cap_mb: orNull(int(1)),
  ddp_broadcast_buffers: orNull(bool),
  ddp_timeout: int(1),
}

export const TRAINING_KEYS: Section = { ...OPTIMISER, ...AMOUNT, ...PRECISION, ...SAVING, ...REPORTING, ...DATA }
