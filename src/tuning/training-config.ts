import { MOUNT } from '#src/contract/mounts.ts'
import { TRAINING_SECTIONS } from '#src/contract/train.ts'
import { defined } from '#src/lib/defined.ts'
import { type Complaint, forbidden, invalid, notSupported, required } from '#src/lib/field-error.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { didYouMean } from '#src/lib/nearest.ts'
import type { Result } from '#src/lib/result.ts'
import { parseYaml } from '#src/lib/yaml-guard.ts'
import { batching, LEAST_ROOM, type Room } from './batching.ts'
import type { TuningMethod } from './methods/method.ts'
import { outputDirFault } from './output-dir.ts'
import { combinationFaults } from './training-combinations.ts'
import { REFUSED_WHEN_SET, WITHOUT_EFFECT } from './training-hints.ts'
import { checkSection, type SectionName } from './training-schema.ts'

type Values = Readonly<Record<string, unknown>>

/** What a user's training_config.yaml says, section by section; absent sections are absent. */
export type TrainingConfig = { readonly [S in SectionName]?: Values }

/** Every section, the method's defaults with the user's values on top. */
export type ResolvedTrainingConfig = { readonly [S in SectionName]: Values }

export type ParsedTrainingConfig = Result<
  { readonly config: TrainingConfig; readonly ignored: readonly Complaint[] },
  readonly Complaint[]
>

/**
 * Reads training_config.yaml for one method. Paths of complaints start at the section (`LoraConfig.r`); `ignored` names
 * the keys that were left out because they change nothing here.
 */
export function parseTrainingConfig(yamlText: string, method: TuningMethod): ParsedTrainingConfig {
  const yaml = parseYaml(yamlText)
  if (!yaml.ok) return { ok: false, reason: [invalid('', undefined, yaml.reason, atLine(yaml.line))] }
  const root = topLevel(yaml.value)
  if (!root.ok) return root
  const complaints: Complaint[] = []
  const ignored: Complaint[] = []
  const config: { [S in SectionName]?: Values } = {}
  for (const [name, section] of Object.entries(root.sections)) {
    const known = TRAINING_SECTIONS.find((each) => each === name)
    if (known === undefined) {
      const fix = didYouMean(name, TRAINING_SECTIONS, `the sections are ${TRAINING_SECTIONS.join(', ')}`)
      complaints.push(notSupported(name, name, 'there is no such section', { fix }))
      continue
    }
    const values = section === null ? {} : section
    if (!isJsonObject(values)) {
      complaints.push(
        invalid(known, section, 'a section holds keys and values', { fix: 'see docs/training-config.md' }),
      )
      continue
    }
    const { kept, dropped } = separate(known, values)
    ignored.push(...dropped)
    complaints.push(...checkSection(known, kept))
    config[known] = kept
  }
  complaints.push(...quantizationFaults(config, method), ...outputDirFaults(config))
  // Values that are wrong by themselves are said first: together with others they would be complained of twice.
  if (complaints.length === 0) complaints.push(...combinationFaults(resolveTrainingConfig(method, config)))
  return complaints.length === 0 ? { ok: true, config, ignored } : { ok: false, reason: complaints }
}

/** The sections that a run uses; `room` is what its rows are spread over. Pure: the same input gives the same config. */
export function resolveTrainingConfig(
  method: TuningMethod,
  parsed: TrainingConfig = {},
  room: Room = LEAST_ROOM,
): ResolvedTrainingConfig {
  const merged = (section: SectionName): Values => ({ ...method.defaults[section], ...parsed[section] })
  return {
    ModelConfig: model(method, parsed.ModelConfig ?? {}),
    QuantizationConfig: quantization(method, parsed.QuantizationConfig ?? {}),
    LoraConfig: merged('LoraConfig'),
    TrainingArguments: { ...merged('TrainingArguments'), ...batching(parsed.TrainingArguments ?? {}, room) },
    DatasetConfig: merged('DatasetConfig'),
    DataCollator: merged('DataCollator'),
  }
}

/** `torch_dtype` is the older name of `dtype`: one of them is passed on. */
function model(method: TuningMethod, { dtype, ...user }: Values): Values {
  return { ...method.defaults.ModelConfig, ...defined({ torch_dtype: dtype }), ...user }
}

/** 8 bits by the user's wish means none of the defaults for 4 bits. `quant_method` has one value and is not passed on. */
function quantization(method: TuningMethod, user: Values): Values {
  const { quant_method: _, ...rest } = user
  if (rest['load_in_8bit'] === true) return { load_in_4bit: false, ...rest }
  return { ...method.defaults.QuantizationConfig, ...rest }
}

type TopLevel = Result<{ readonly sections: Values }, readonly Complaint[]>

function topLevel(value: unknown): TopLevel {
  const fix = 'put all sections under the key training_config'
  if (!isJsonObject(value) || !('training_config' in value)) {
    const loose = isJsonObject(value) && TRAINING_SECTIONS.some((name) => name in value)
    const detail = loose ? 'the sections are at the top of the file' : 'the key training_config is missing'
    return { ok: false, reason: [required('training_config', detail, { fix })] }
  }
  const complaints = Object.keys(value)
    .filter((key) => key !== 'training_config')
    .map((key) => notSupported(key, key, 'only training_config may be at the top of the file', { fix }))
  if (complaints.length > 0) return { ok: false, reason: complaints }
  const sections = value['training_config'] ?? {}
  if (isJsonObject(sections)) return { ok: true, sections }
  return { ok: false, reason: [invalid('training_config', sections, 'it must hold the sections', { fix })] }
}

function separate(name: SectionName, values: Values): { kept: Values; dropped: Complaint[] } {
  const without = WITHOUT_EFFECT[name] ?? []
  // `trust_remote_code: false` and the like say what is so anyway.
  const isNoOp = (key: string, value: unknown) => isNothing(value) && REFUSED_WHEN_SET.includes(key)
  const kept = Object.entries(values).filter(([key, value]) => !without.includes(key) && !isNoOp(key, value))
  const dropped = Object.keys(values)
    .filter((key) => without.includes(key))
    .map((key) => notSupported(`${name}.${key}`, values[key], 'this key has no effect here', { fix: 'remove it' }))
  return { kept: Object.fromEntries(kept), dropped }
}

const isNothing = (value: unknown) => value === false || value === null || (Array.isArray(value) && value.length === 0)

function quantizationFaults(
  { QuantizationConfig: section = {}, ModelConfig }: TrainingConfig,
  method: TuningMethod,
): Complaint[] {
  const in8 = section['load_in_8bit'] === true
  const in4 = section['load_in_4bit'] === true || (method.quantized && section['load_in_4bit'] === undefined && !in8)
  const moved = (['load_in_4bit', 'load_in_8bit'] as const)
    .filter((key) => ModelConfig?.[key] === true)
    .map((key) =>
      forbidden(`ModelConfig.${key}`, true, 'quantisation has a section of its own', {
        fix: `write QuantizationConfig.${key}`,
      }),
    )
  if (in4 && in8) {
    const fix = 'set one of load_in_4bit and load_in_8bit to false'
    return [
      ...moved,
      forbidden('QuantizationConfig.load_in_8bit', true, 'a model is loaded in 4 or in 8 bits, not both', { fix }),
    ]
  }
  if (!method.quantized && (in4 || in8)) {
    const key = in4 ? 'load_in_4bit' : 'load_in_8bit'
    const fix = 'set it to false, or write tuning.method: qlora'
    return [...moved, forbidden(`QuantizationConfig.${key}`, true, 'lora does not quantise the model', { fix })]
  }
  if (method.quantized && !in4 && !in8) {
    const fix = 'set load_in_4bit: true, or write tuning.method: lora'
    return [
      ...moved,
      invalid('QuantizationConfig.load_in_4bit', false, 'qlora loads the model in 4 or 8 bits', { fix }),
    ]
  }
  return moved
}

function outputDirFaults({ TrainingArguments }: TrainingConfig): Complaint[] {
  const dir = TrainingArguments?.['output_dir']
  const fault = typeof dir === 'string' ? outputDirFault(dir) : undefined
  if (fault === undefined) return []
  return [invalid('TrainingArguments.output_dir', dir, fault, { fix: `write ${MOUNT.results}, or leave it out` })]
}

const atLine = (line: number | undefined) => (line === undefined ? {} : { fix: `look at line ${line}` })
