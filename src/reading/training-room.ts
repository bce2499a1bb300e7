import type { GpuSku } from '#src/catalog/gpu.ts'
import type { Preset } from '#src/catalog/preset.ts'
import { perGpuGiB } from '#src/estimate/fit.ts'
import { estimateTuning, type TuningEstimate } from '#src/estimate/tuning.ts'
import { LEAST_ROOM, type Room } from '#src/tuning/batching.ts'
import type { TuningMethod } from '#src/tuning/methods/method.ts'
import { type ResolvedTrainingConfig, resolveTrainingConfig, type TrainingConfig } from '#src/tuning/training-config.ts'

/** A model that is tuned on instances of a type. */
export interface Training {
  readonly preset: Preset
  readonly method: TuningMethod
  readonly sku: GpuSku | undefined
  readonly gpus: number
}

/** The config of a run on these GPUs: where the file does not say how many rows at a time, as many as surely fit. */
export function configOn(training: Training, parsed: TrainingConfig = {}): ResolvedTrainingConfig {
  return resolveTrainingConfig(training.method, parsed, roomOf(training, parsed))
}

function roomOf({ preset, method, sku, gpus }: Training, parsed: TrainingConfig): Room {
  if (sku === undefined || preset.architecture === undefined) return { ...LEAST_ROOM, gpus }
  const config = resolveTrainingConfig(method, parsed)
  const fits = (batchSize: number) => {
    const estimate = trainingEstimate({ preset, method, sku }, config, batchSize)
    return estimate !== undefined && estimate.high <= perGpuGiB(sku)
  }
  return { gpus, fits }
}

/** Memory of each GPU for a config; undefined where the model's shape is not known. */
export function trainingEstimate(
  { preset, method, sku }: Pick<Training, 'preset' | 'method'> & { readonly sku: GpuSku },
  { LoraConfig, TrainingArguments, QuantizationConfig }: ResolvedTrainingConfig,
  batchSize = numberOr(TrainingArguments['per_device_train_batch_size'], 1),
): TuningEstimate | undefined {
  if (preset.architecture === undefined) return undefined
  return estimateTuning({
    architecture: preset.architecture,
    method: method.name,
    rank: numberOr(LoraConfig['r'], 8),
    targetModules: textsOr(LoraConfig['target_modules'], preset.tuning?.targetModules ?? []),
    batchSize,
    maxLength: lengthOf(TrainingArguments['max_length'], preset),
    gradientCheckpointing: TrainingArguments['gradient_checkpointing'] !== false,
    doubleQuantization: QuantizationConfig['bnb_4bit_use_double_quant'] === true,
    // without bfloat16 the trainer keeps every adapter in fp32 (jobs/trainer/precision.py)
    ...((sku.computeCapability ?? 8) < 8 ? { bytesPerAdapterWeight: 16 } : {}),
  })
}

/** null asks for no limit: then the model's own is the longest that a sample can be. */
const lengthOf = (value: unknown, { contextLength }: Preset): number =>
  Math.min(numberOr(value, contextLength), contextLength)

const numberOr = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise)

/** A regular expression or `all-linear` is not resolved here: the preset's own modules are the usual answer to both. */
const textsOr = (value: unknown, otherwise: readonly string[]): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : otherwise
