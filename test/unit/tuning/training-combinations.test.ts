import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { METHOD } from '#src/tuning/methods/index.ts'
import { parseTrainingConfig } from '#src/tuning/training-config.ts'

type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const complaints = (sections: Sections) => {
  const parsed = parseTrainingConfig(stringify({ training_config: sections }), METHOD.qlora)
  return parsed.ok ? [] : parsed.reason
}
const paths = (sections: Sections) => complaints(sections).map(({ path }) => path)
const training = (values: Sections[string], split?: number): Sections => ({
  TrainingArguments: values,
  ...(split === undefined ? {} : { DatasetConfig: { train_test_split: split } }),
})
const lora = (values: Sections[string]): Sections => ({ LoraConfig: values })

const T = 'TrainingArguments'

describe('settings that are legal key by key and stop the trainer, or give an adapter that no server loads', () => {
  it.each<[string, Sections, string[]]>([
    ['an evaluation without rows for it', training({ eval_strategy: 'steps', eval_steps: 20 }), [`${T}.eval_strategy`]],
    ['an evaluation at the start without rows for it', training({ eval_on_start: true }), [`${T}.eval_on_start`]],
    ['the best model without evaluations', training({ load_best_model_at_end: true }), [`${T}.load_best_model_at_end`]],
    [
      'the best model with evaluations at other times than saves',
      training({ load_best_model_at_end: true, eval_strategy: 'epoch', save_strategy: 'steps', save_steps: 50 }, 0.9),
      [`${T}.load_best_model_at_end`],
    ],
    [
      'the best model with saves between evaluations',
      training({ load_best_model_at_end: true, eval_strategy: 'steps', eval_steps: 20, save_steps: 30 }, 0.9),
      [`${T}.load_best_model_at_end`],
    ],
    [
      'the best model with a share and a number of steps',
      training({ load_best_model_at_end: true, eval_strategy: 'steps', eval_steps: 20, save_steps: 0.1 }, 0.9),
      [`${T}.load_best_model_at_end`],
    ],
    ['the best checkpoint without a metric', training({ save_strategy: 'best' }), [`${T}.save_strategy`]],
    ['a plateau of nothing', training({ lr_scheduler_type: 'reduce_lr_on_plateau' }), [`${T}.lr_scheduler_type`]],
    [
      'a schedule without its floor',
      training({ lr_scheduler_type: 'cosine_with_min_lr' }),
      [`${T}.lr_scheduler_kwargs`],
    ],
    [
      'a schedule without its decay',
      training({ lr_scheduler_type: 'warmup_stable_decay' }),
      [`${T}.lr_scheduler_kwargs`],
    ],
    [
      'what another schedule takes',
      training({ lr_scheduler_type: 'cosine', lr_scheduler_kwargs: { min_lr: 0.1 } }),
      [`${T}.lr_scheduler_kwargs`],
    ],
    ['no padding without packing', training({ padding_free: true }), [`${T}.padding_free`]],
    ['packing to no length', training({ packing: true, padding_free: true, max_length: null }), [`${T}.max_length`]],
    [
      'rows that nobody prepares',
      training({ dataset_kwargs: { skip_prepare_dataset: true } }),
      [`${T}.dataset_kwargs`],
    ],
    ['optimizer arguments that are no pairs', training({ optim_args: 'rank=4,x' }), [`${T}.optim_args`]],
    [
      'checkpoints of activations with what torch does not know',
      training({ gradient_checkpointing_kwargs: { nope: true } }),
      [`${T}.gradient_checkpointing_kwargs`],
    ],
    ['ranks of what is no name of a module', lora({ rank_pattern: { '[': 4 } }), ['LoraConfig.rank_pattern']],
    ['scales of what is no name of a module', lora({ alpha_pattern: { '(o_proj': 4 } }), ['LoraConfig.alpha_pattern']],
    [
      'a metric that no evaluation gives',
      training({ metric_for_best_model: 'f1' }, 0.9),
      [`${T}.metric_for_best_model`],
    ],
    ['momentum that never fades', training({ adam_beta1: 1 }), [`${T}.adam_beta1`]],
    ['a step and a half', training({ save_steps: 1.5 }), [`${T}.save_steps`]],
    [
      'fetching ahead without workers',
      training({ dataloader_prefetch_factor: 2 }),
      [`${T}.dataloader_prefetch_factor`],
    ],
    ['keeping no workers', training({ dataloader_persistent_workers: true }), [`${T}.dataloader_persistent_workers`]],
    [
      'two number formats for evaluation',
      training({ fp16_full_eval: true, bf16_full_eval: true }),
      [`${T}.fp16_full_eval`],
    ],
    ['a pattern of layers without layers', lora({ layers_pattern: 'layers' }), ['LoraConfig.layers_pattern']],
    [
      'layers beside a regular expression',
      lora({ layers_to_transform: [1], target_modules: '.*_proj' }),
      ['LoraConfig.layers_to_transform'],
    ],
    [
      'kernels that the image lacks',
      { ModelConfig: { attn_implementation: 'flash_attention_2' } },
      ['ModelConfig.attn_implementation'],
    ],
    ['Liger kernels', training({ use_liger_kernel: true }), [`${T}.use_liger_kernel`]],
    ['a compiler', training({ torch_compile: true }), [`${T}.torch_compile`]],
    ['a key of a later release', training({ activation_checkpointing: true }), [`${T}.activation_checkpointing`]],
    ['PiSSA', lora({ init_lora_weights: 'pissa' }), ['LoraConfig.init_lora_weights']],
    ['OLoRA', lora({ init_lora_weights: 'olora' }), ['LoraConfig.init_lora_weights']],
    [
      'DoRA, whole modules and biases',
      lora({ use_dora: true, modules_to_save: ['lm_head'], bias: 'all' }),
      ['LoraConfig.use_dora', 'LoraConfig.modules_to_save', 'LoraConfig.bias'],
    ],
    [
      'numbers as texts',
      training({ learning_rate: '2e-4', num_train_epochs: '3', per_device_train_batch_size: 1 }),
      [`${T}.learning_rate`, `${T}.num_train_epochs`],
    ],
  ])('refuses %s', (_, sections, expected) => {
    const found = complaints(sections)
    expect(found.map(({ path }) => path).toSorted()).toEqual(expected.toSorted())
    for (const { detail, fix } of found) expect(`${detail}${fix ?? ''}`.length).toBeGreaterThan(detail.length)
  })

  it.each<[string, Sections]>([
    ['an evaluation with rows for it', training({ eval_strategy: 'steps', eval_steps: 20 }, 0.9)],
    ['a number of steps that no strategy reads', training({ eval_steps: 10 }, 0.8)],
    [
      'the best model by epochs',
      training({ load_best_model_at_end: true, eval_strategy: 'epoch', save_strategy: 'epoch' }, 0.9),
    ],
    [
      'the best model by shares of steps',
      training({ load_best_model_at_end: true, eval_strategy: 'steps', eval_steps: 0.1, save_steps: 0.3 }, 0.9),
    ],
    [
      'the best checkpoint by a metric',
      training({ save_strategy: 'best', metric_for_best_model: 'loss', eval_strategy: 'epoch' }, 0.9),
    ],
    [
      'the best checkpoint by the evaluations that a split brings',
      training({ save_strategy: 'best', metric_for_best_model: 'loss' }, 0.9),
    ],
    ['a plateau of evaluations', training({ lr_scheduler_type: 'reduce_lr_on_plateau', eval_strategy: 'epoch' }, 0.9)],
    [
      'a floor for the schedule',
      training({ lr_scheduler_type: 'cosine_with_min_lr', lr_scheduler_kwargs: { min_lr_rate: 0.1 } }),
    ],
    [
      'a decay for the schedule',
      training({ lr_scheduler_type: 'warmup_stable_decay', lr_scheduler_kwargs: { num_decay_steps: 9 } }),
    ],
    ['packing', training({ packing: true, padding_free: true, max_length: 512 })],
    ['two ways to say which tokens count', training({ assistant_only_loss: true, completion_only_loss: true })],
    ['precision, which the trainer decides', training({ warmup_steps: 0.03, bf16: true, fp16: true })],
    [
      'ranks by names, ends and beginnings of modules',
      lora({
        rank_pattern: { o_proj: 4, '.*qkv_proj': 8, '^model.layers.0.mlp.down_proj$': 16, 'a|b': 2, 'x\\.y': 1 },
      }),
    ],
    [
      'pairs for the optimizer, and what checkpoints of activations take',
      training({ optim_args: 'rank=4, scale=0.5', gradient_checkpointing_kwargs: { use_reentrant: true } }),
    ],
    ['a pattern of some layers', lora({ layers_pattern: 'layers', layers_to_transform: [1, 2] })],
    [
      'no to what is not there',
      {
        ...training({ use_liger_kernel: false, torch_compile: false }),
        ...lora({ use_dora: false, modules_to_save: null }),
      },
    ],
  ])('accepts %s', (_, sections) => {
    expect(paths(sections)).toEqual([])
  })

  it('says why a value that the libraries know is not taken', () => {
    expect(
      complaints(lora({ init_lora_weights: 'pissa' }))
        .map(({ detail }) => detail)
        .join(),
    ).toContain('the server loads no such adapter')
  })
})
