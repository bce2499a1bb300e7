import { Ajv, type ErrorObject } from 'ajv'
import { TRAINING_SECTIONS } from '#src/contract/train.ts'
import { type Complaint, invalid, notSupported } from '#src/lib/field-error.ts'
import { didYouMean } from '#src/lib/nearest.ts'
import { HINTS, NARROWED } from './training-hints.ts'
import {
  COLLATOR_KEYS,
  DATASET_KEYS,
  LORA_KEYS,
  MODEL_KEYS,
  type Property,
  QUANTIZATION_KEYS,
  type Section,
  TRAINING_KEYS,
} from './training-keys.ts'

export type SectionName = (typeof TRAINING_SECTIONS)[number]

const KEYS: Readonly<Record<SectionName, Section>> = {
  ModelConfig: MODEL_KEYS,
  QuantizationConfig: QUANTIZATION_KEYS,
  LoraConfig: LORA_KEYS,
  TrainingArguments: TRAINING_KEYS,
  DatasetConfig: DATASET_KEYS,
  DataCollator: COLLATOR_KEYS,
}

const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, verbose: true })

const validators = new Map(
  TRAINING_SECTIONS.map((name) => [
    name,
    ajv.compile<Record<string, unknown>>({ type: 'object', properties: KEYS[name], additionalProperties: false }),
  ]),
)

/** The JSON Schema of one section, for documentation. */
export const sectionKeys = (name: SectionName): Section => KEYS[name]

/** Complaints about one section's keys and values; paths start with the section's name. */
export function checkSection(name: SectionName, section: unknown): Complaint[] {
  const validate = validators.get(name)
  if (!validate || validate(section)) return []
  const complaints = new Map<string, Complaint>()
  for (const error of (validate.errors ?? []).slice(0, MAX_COMPLAINTS)) {
    const complaint = toComplaint(name, error)
    if (!complaints.has(complaint.path)) complaints.set(complaint.path, complaint)
  }
  return [...complaints.values()]
}

/** Of one section. Each may cost a search for the nearest name, and nobody reads more. */
const MAX_COMPLAINTS = 25

function toComplaint(name: SectionName, error: ErrorObject): Complaint {
  const steps = error.instancePath.split('/').slice(1).map(unescapePointer)
  if (error.keyword === 'additionalProperties' && steps.length === 0) {
    return unknownKey(name, String(error.params['additionalProperty']))
  }
  const key = steps[0]
  if (key === undefined) return invalid(name, error.data, 'it must hold keys and values')
  const property = KEYS[name][key] ?? {}
  const path = [name, ...steps].join('.')
  const allowed = enumOf(property)
  const otherwise = `write for example ${example(property, error.data)}`
  const fix = allowed && typeof error.data === 'string' ? didYouMean(error.data, allowed, otherwise) : otherwise
  const why = NARROWED[name]?.[key]
  return invalid(path, error.data, `it must be ${describe(property)}${why === undefined ? '' : `: ${why}`}`, { fix })
}

function unknownKey(name: SectionName, key: string): Complaint {
  const path = `${name}.${key}`
  const hint = HINTS[name]?.[key]
  if (hint) return notSupported(path, key, hint.why, { fix: hint.fix })
  const elsewhere = TRAINING_SECTIONS.find((section) => key in KEYS[section])
  const fix = elsewhere
    ? `it belongs into ${elsewhere}`
    : didYouMean(key, Object.keys(KEYS[name]), 'remove it, or see docs/training-config.md for the keys')
  return notSupported(path, key, `${name} has no such key`, { fix })
}

const enumOf = (property: Property): string[] | undefined => {
  const values = property['enum']
  return Array.isArray(values) ? values.filter((each) => typeof each === 'string') : undefined
}

/** A property in words: "a whole number from 1 to 512", "one of nf4, fp4". */
export function describe(property: Property): string {
  const values = property['enum']
  if (Array.isArray(values)) {
    const words = values.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
    return words.length === 1 ? words.join() : `one of ${words.join(', ')}`
  }
  return [property['type']]
    .flat()
    .map((type) => WORDS[String(type)] ?? String(type))
    .map((words) => (words.includes('number') ? `${words}${range(property)}` : words))
    .join(' or ')
}

/** A legal value near to the one that was written. */
function example({ enum: values, type, minimum, maximum, exclusiveMinimum }: Property, value: unknown): string {
  if (Array.isArray(values)) return JSON.stringify(values[0])
  const types = [type].flat()
  if (types.includes('boolean')) return 'true'
  if (types.includes('object')) return '{}'
  if (types.includes('array')) return '[q_proj, v_proj]'
  if (types.includes('string')) return 'a text'
  if (typeof maximum === 'number' && typeof value === 'number' && value > maximum) return String(maximum)
  return String(minimum ?? (exclusiveMinimum === 0 ? (types.includes('integer') ? 1 : 0.1) : 1))
}

const WORDS: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  string: 'a text',
  array: 'a list of texts',
  object: 'a map',
  null: 'null',
}

function range({ minimum, maximum, exclusiveMinimum }: Property): string {
  const low = minimum === undefined ? exclusiveMinimum : minimum
  if (low === undefined) return ''
  if (maximum === undefined) return minimum === undefined ? ` above ${low}` : `, ${low} or more`
  return minimum === undefined ? ` above ${low}, up to ${maximum}` : ` from ${low} to ${maximum}`
}

const unescapePointer = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~')
