import { defined } from '#src/lib/defined.ts'
import { type Complaint, invalid, notSupported, required } from '#src/lib/field-error.ts'
import { isJsonObject } from '#src/lib/json.ts'
import type { Result } from '#src/lib/result.ts'
import { parseYaml } from '#src/lib/yaml-guard.ts'
import { chatTemplateArgument } from './chat-template.ts'
import { ENGINE_FLAGS } from './engine-flags.ts'
import { flagFault } from './flag-rights.ts'
import { originsIn } from './origins.ts'

/** What a user's inference_config.yaml asks of the server. */
export interface InferenceConfig {
  /** Tokens; absent when the file leaves it to the operator. */
  readonly maxModelLen?: number
  /** Largest LoRA rank that the server makes room for; absent when the file leaves it to the operator. */
  readonly maxLoraRank?: number
  /** Share of the GPU that the server may use, above 0 up to 1. */
  readonly gpuMemoryUtilization?: number
  /** GPUs that share each layer, groups that share out the layers, copies that share out requests, groups that share out a prompt. */
  readonly tensorParallel?: number
  readonly pipelineParallel?: number
  readonly dataParallel?: number
  readonly prefillParallel?: number
  /** Sequences that the server works on at a time, at most; absent when the file leaves it to the engine. */
  readonly maxNumSeqs?: number
  /** Origins of pages that may read answers in a browser; "*" is any. The gateway answers for them, not the engine. */
  readonly allowedOrigins?: readonly string[]
  /** Everything but max-model-len and what the gateway does, as arguments for vLLM, sorted. */
  readonly engineArgs: readonly string[]
}

export type ParsedInferenceConfig = Result<
  { readonly config: InferenceConfig; readonly warnings: readonly Complaint[] },
  readonly Complaint[]
>

export interface ConfigLimits {
  /** The longest context of the model, tokens, where it is known. */
  readonly contextLength?: number
  /** Flags that an administrator has opened (`settings.engineFlags`). */
  readonly engineFlags?: readonly string[]
}

/** Reads inference_config.yaml. Paths of complaints start at the file's top (`vllm.max-model-len`). */
export function parseInferenceConfig(yamlText: string, limits: ConfigLimits = {}): ParsedInferenceConfig {
  const yaml = parseYaml(yamlText)
  if (!yaml.ok) {
    const rest = yaml.line === undefined ? {} : { fix: `look at line ${yaml.line}` }
    return { ok: false, reason: [invalid('', undefined, yaml.reason, rest)] }
  }
  const root = yaml.value ?? {}
  if (!isJsonObject(root)) return { ok: false, reason: [invalid('', root, 'it must hold keys and values', VLLM_FIX)] }
  const vllm = root['vllm'] ?? {}
  if (!isJsonObject(vllm))
    return { ok: false, reason: [invalid('vllm', vllm, 'it must hold keys and values', VLLM_FIX)] }
  const flags = new Map(Object.entries(vllm).map(([key, value]) => [flagOf(key), { key, value }]))
  const complaints: Complaint[] = []
  for (const [flag, { key, value }] of flags) {
    complaints.push(...flagComplaints(flag, key, value, limits))
    // Guesses at names cost time, and nobody reads more.
    if (complaints.length >= MOST_COMPLAINTS) break
  }
  if (complaints.length > 0) return { ok: false, reason: complaints.slice(0, MOST_COMPLAINTS) }
  return { ok: true, config: toConfig(flags), warnings: topWarnings(root) }
}

type Values = Readonly<Record<string, unknown>>
type Flags = ReadonlyMap<string, { readonly key: string; readonly value: unknown }>

const VLLM_FIX = { fix: 'write for example vllm: {max-model-len: 8192}' }
/** vLLM allocates LoRA matrices in these sizes only. */
const LORA_RANKS = [1, 8, 16, 32, 64, 128, 256, 320, 512]
const PARALLEL: readonly string[] = [
  'tensor-parallel-size',
  'pipeline-parallel-size',
  'data-parallel-size',
  'prefill-context-parallel-size',
]
/** Keys at the top that upstream reads and that have nothing to do here. */
const WITHOUT_EFFECT = ['kv_cache_cpu_memory_utilization', 'max_probe_steps']

const MOST_COMPLAINTS = 25

/** Of `max_model_len` and `hf_overrides.rope_theta`: what is after a dot is a key of a map, and stays. */
const flagOf = (key: string) => {
  const [name = '', ...rest] = key.split('.')
  return [name.replaceAll('_', '-'), ...rest].join('.')
}

function flagComplaints(flag: string, key: string, value: unknown, limits: ConfigLimits): Complaint[] {
  const path = `vllm.${key}`
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(flag)) {
    return [invalid(path, key, 'this cannot be the name of a flag', { fix: 'write it without the leading dashes' })]
  }
  const fault = flagFault({ flag, path, value }, limits.engineFlags ?? [])
  if (fault !== undefined) return [fault]
  if (flag === 'max-model-len') return value === 'auto' ? [] : lengthComplaints(path, value, limits.contextLength)
  if (flag === 'max-lora-rank' && !LORA_RANKS.some((rank) => rank === value)) {
    return [
      notSupported(path, value, 'vLLM has fixed sizes for LoRA ranks', { fix: `use one of ${LORA_RANKS.join(', ')}` }),
    ]
  }
  if (flag === 'gpu-memory-utilization' && !(typeof value === 'number' && value > 0 && value <= 1)) {
    return [invalid(path, value, 'it must be a number above 0, up to 1', { fix: 'write for example 0.9' })]
  }
  if (PARALLEL.includes(flag) && !(Number.isInteger(value) && Number(value) >= 1)) {
    return [invalid(path, value, 'it must be a whole number of GPUs, 1 or more', { fix: 'leave it out, or write 1' })]
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return [invalid(path, String(value), 'it must be finite')]
  // An argument of a program ends at NUL.
  if (String(value).includes('\0')) return [invalid(path, value, 'it holds a NUL character')]
  return []
}

function lengthComplaints(path: string, value: unknown, contextLength: number | undefined): Complaint[] {
  const tokens = typeof value === 'string' && /^[0-9]+$/.test(value) ? Number(value) : value
  if (typeof tokens !== 'number' || !Number.isInteger(tokens) || tokens < 1) {
    return [invalid(path, value, 'it must be a whole number of tokens, 1 or more', { fix: 'write for example 8192' })]
  }
  if (contextLength === undefined || tokens <= contextLength) return []
  return [
    invalid(path, tokens, `the model's context ends at ${contextLength} tokens`, {
      fix: `write at most ${contextLength}`,
    }),
  ]
}

function toConfig(flags: Flags): InferenceConfig {
  const origins = flags.get('allowed-origins')?.value
  const number = (flag: string) => {
    const value = flags.get(flag)?.value
    return value === undefined || value === null || value === 'auto' ? undefined : Number(value)
  }
  const maxModelLen = number('max-model-len')
  const maxLoraRank = number('max-lora-rank')
  const maxNumSeqs = number('max-num-seqs')
  const allowedOrigins = origins === undefined ? undefined : originsIn(origins)
  const gpuMemoryUtilization = number('gpu-memory-utilization')
  const [tensorParallel, pipelineParallel, dataParallel, prefillParallel] = PARALLEL.map(number)
  return {
    ...defined({ maxModelLen, maxLoraRank, gpuMemoryUtilization, maxNumSeqs, allowedOrigins }),
    ...defined({ tensorParallel, pipelineParallel, dataParallel, prefillParallel }),
    engineArgs: [...flags]
      .filter(([flag]) => flag !== 'max-model-len' && flag !== 'allowed-origins')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([flag, { value }]) => toArguments(flag, value)),
  }
}

/** Switches become `--flag` or `--no-flag`; maps and lists become JSON, which vLLM reads; null leaves the flag out. */
function toArguments(flag: string, value: unknown): string[] {
  if (value === null || value === undefined) return []
  if (flag === 'chat-template' && typeof value === 'string') return [`--${flag}=${chatTemplateArgument(value)}`]
  if (value === true) return [`--${flag}`]
  if (value === false) return [flag.startsWith('no-') ? `--${flag.slice(3)}` : `--no-${flag}`]
  return [`--${flag}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`]
}

function topWarnings(root: Values): Complaint[] {
  return Object.keys(root)
    .filter((key) => key !== 'vllm')
    .map((key) => {
      if (WITHOUT_EFFECT.includes(key))
        return notSupported(key, root[key], 'this key has no effect here', { fix: 'remove it' })
      if (ENGINE_FLAGS.has(key.replaceAll('_', '-')))
        return required(`vllm.${key}`, `${key} is at the top of the file`, { fix: 'move it under vllm' })
      return notSupported(key, undefined, 'this key is not read', { fix: 'put settings of the server under vllm' })
    })
}
