/** Why a key that the libraries (or older versions of them) know is not taken here, and what to write instead. */
export interface Hint {
  readonly why: string
  readonly fix: string
}

const renamed = (fix: string): Hint => ({ why: 'the trainer does not know this name', fix })
const NO_UPLOAD: Hint = {
  why: 'the adapter is pushed as an image, not to a hub',
  fix: 'remove it and set tuning.output',
}
const ONE_NODE: Hint = { why: 'a run uses the GPUs of one node and splits data, not the model', fix: 'remove it' }
const NOT_SERVED = 'the server loads no such adapter'
const NO_COMPILER: Hint = { why: 'the trainer image has no compiler for it', fix: 'remove it' }
const CHOSEN: Hint = { why: 'the operator decides it', fix: 'remove it' }

/** Keys that are refused with a reason, by section. */
export const HINTS: Readonly<Record<string, Readonly<Record<string, Hint>>>> = {
  ModelConfig: {
    trust_remote_code: { why: 'code from a model repository is not run', fix: 'remove it' },
  },
  LoraConfig: {
    rank: renamed('write r'),
    lora_r: renamed('write r'),
    alpha: renamed('write lora_alpha'),
    dropout: renamed('write lora_dropout'),
    target_parameters: renamed('write target_modules'),
    use_dora: { why: `${NOT_SERVED} (DoRA)`, fix: 'remove it; use_rslora: true helps large ranks' },
    modules_to_save: { why: `${NOT_SERVED} (whole modules beside the LoRA matrices)`, fix: 'remove it' },
    lora_bias: { why: `${NOT_SERVED} (trained biases)`, fix: 'remove it' },
    layer_replication: { why: NOT_SERVED, fix: 'remove it' },
    use_qalora: { why: NOT_SERVED, fix: 'remove it' },
    alora_invocation_tokens: { why: NOT_SERVED, fix: 'remove it' },
    eva_config: { why: 'the trainer does not prepare it', fix: 'remove it' },
    corda_config: { why: 'the trainer does not prepare it', fix: 'remove it' },
  },
  TrainingArguments: {
    max_seq_length: renamed('write max_length'),
    max_seq_len: renamed('write max_length'),
    evaluation_strategy: renamed('write eval_strategy'),
    warmup_ratio: renamed('write warmup_steps: a value below 1 is a share of all steps'),
    no_cuda: renamed('write use_cpu'),
    group_by_length: renamed('write train_sampling_strategy: group_by_length'),
    per_gpu_train_batch_size: renamed('write per_device_train_batch_size'),
    batch_size: renamed('write per_device_train_batch_size'),
    epochs: renamed('write num_train_epochs'),
    lr: renamed('write learning_rate'),
    push_to_hub: NO_UPLOAD,
    hub_token: NO_UPLOAD,
    hub_model_id: NO_UPLOAD,
    hub_strategy: NO_UPLOAD,
    hub_private_repo: NO_UPLOAD,
    hub_always_push: NO_UPLOAD,
    hub_revision: NO_UPLOAD,
    trust_remote_code: { why: 'code from a model repository is not run', fix: 'remove it' },
    resume_from_checkpoint: { why: 'a run that starts again resumes by itself', fix: 'remove it' },
    model_init_kwargs: { why: 'the model has a section of its own', fix: 'write it under ModelConfig' },
    chat_template_path: { why: 'the chat template belongs to the model', fix: 'write ModelConfig.chat_template' },
    deepspeed: ONE_NODE,
    fsdp: ONE_NODE,
    fsdp_config: ONE_NODE,
    parallelism_config: ONE_NODE,
    use_liger_kernel: { why: 'the trainer image has no Liger kernels', fix: 'remove it; the loss is chunked anyway' },
    torch_compile: NO_COMPILER,
    torch_compile_mode: NO_COMPILER,
    torch_compile_backend: NO_COMPILER,
    activation_checkpointing: renamed('write gradient_checkpointing'),
    local_rank: CHOSEN,
    ddp_backend: CHOSEN,
    accelerator_config: CHOSEN,
  },
}

/** Why values that the libraries know are not among the ones that a key may have. */
export const NARROWED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ModelConfig: { attn_implementation: 'the trainer image has no other attention kernels' },
  LoraConfig: {
    bias: `${NOT_SERVED} (trained biases)`,
    init_lora_weights: `${NOT_SERVED} (PiSSA, OLoRA and the like change the base weights)`,
  },
}

/** Keys that are refused only where they ask for something: `false`, null or an empty list says what is so anyway. */
export const REFUSED_WHEN_SET: readonly string[] = [
  'trust_remote_code',
  'push_to_hub',
  'hub_always_push',
  'do_predict',
  'use_dora',
  'modules_to_save',
  'lora_bias',
  'use_liger_kernel',
  'torch_compile',
  'torch_compile_mode',
  'torch_compile_backend',
]

/** Keys of upstream files that change nothing here. They are left out of the config, with a warning. */
export const WITHOUT_EFFECT: Readonly<Record<string, readonly string[]>> = {
  ModelConfig: [
    'pretrained_model_name_or_path',
    'state_dict',
    'cache_dir',
    'from_tf',
    'force_download',
    'resume_download',
    'proxies',
    'output_loading_info',
    'allow_remote_files',
    'm_revision',
    'revision',
    'low_cpu_mem_usage',
    'use_cache',
  ],
  QuantizationConfig: [],
  LoraConfig: ['base_model_name_or_path', 'loftq_config', 'megatron_config', 'megatron_core', 'revision'],
  TrainingArguments: [
    'overwrite_output_dir',
    'save_safetensors',
    'logging_dir',
    'log_on_each_node',
    'save_on_each_node',
  ],
  DatasetConfig: [],
  DataCollator: ['tokenizer'],
}
