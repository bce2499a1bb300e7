import { MOUNT } from '#src/contract/mounts.ts'
import { ROWS_A_STEP } from '../batching.ts'
import type { TuningMethod } from './method.ts'

/** Plain LoRA: the base model stays in 16 bits, small matrices beside its linear layers are trained. */
export const lora: TuningMethod = {
  name: 'lora',
  quantized: false,
  defaults: {
    ModelConfig: { torch_dtype: 'bfloat16', local_files_only: true, device_map: 'auto' },
    QuantizationConfig: { load_in_4bit: false, load_in_8bit: false },
    LoraConfig: { r: 8, lora_alpha: 8, lora_dropout: 0 },
    TrainingArguments: {
      output_dir: MOUNT.results,
      save_strategy: 'steps',
      save_steps: 0.1,
      save_total_limit: 2,
      // The batch of a GPU is chosen by what fits it (batching.ts); these are for an unknown one.
      per_device_train_batch_size: 1,
      gradient_accumulation_steps: ROWS_A_STEP,
      per_device_eval_batch_size: 1,
      // The library's own number, said here because it is paid for.
      num_train_epochs: 3,
      ddp_find_unused_parameters: false,
      // Adapters take about ten times the rate of full fine-tuning, which is the library's default.
      learning_rate: 2e-4,
      // What the memory estimate reckons with; the trainer goes no further than the model can read.
      max_length: 1024,
      gradient_checkpointing: true,
      logging_steps: 5,
      logging_first_step: true,
      // With the library's filter a run that broke down would report a loss of 0.
      logging_nan_inf_filter: false,
      seed: 42,
    },
    // null: a few rows are kept back, as many as tell whether the adapter is better (src/contract/evaluation.ts).
    DatasetConfig: { shuffle_dataset: true, shuffle_seed: 42, train_test_split: null },
    DataCollator: {},
  },
}
