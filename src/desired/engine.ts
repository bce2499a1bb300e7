import { DEFAULT_LORA_RANK } from '#src/estimate/inference.ts'
import type { InferenceConfig } from '#src/inference/inference-config.ts'
import type { MountedAdapter } from './adapters.ts'
import { ENGINE_PORT } from './gateway.ts'
import type { EnvVar } from './manifest.ts'
import type { ModelLocation } from './weights.ts'

export interface EngineInputs {
  readonly model: ModelLocation
  readonly servedName: string
  readonly adapters: readonly MountedAdapter[]
  /** Tokens; absent = the model's own maximum. */
  readonly maxModelLen?: number
  /** GPUs that share each layer. */
  readonly tensor: number
  /** Copies of the model that share out the requests. */
  readonly data: number
  readonly isHalf: boolean
  /** Hosts that a request may have images, audio and video fetched from; "*" is any. */
  readonly mediaDomains: readonly string[]
  readonly config: InferenceConfig
  /** From the catalog; the user's own come after them, and later ones win in vLLM. */
  readonly extra: readonly string[]
}

/** Arguments of vLLM's OpenAI server, in a fixed order so that the same Workspace always gives the same pod. */
export function engineArgs(inputs: EngineInputs): string[] {
  const { model, servedName, adapters, maxModelLen, tensor, data, config } = inputs
  return [
    '--host=127.0.0.1',
    `--port=${ENGINE_PORT}`,
    ...('path' in model
      ? [`--model=${model.path}`]
      : [`--model=${model.id}`, ...(model.revision === undefined ? [] : [`--revision=${model.revision}`])]),
    `--served-model-name=${servedName}`,
    ...(maxModelLen === undefined ? [] : [`--max-model-len=${maxModelLen}`]),
    ...(inputs.isHalf ? ['--dtype=half'] : []),
    ...(tensor > 1 ? [`--tensor-parallel-size=${tensor}`] : []),
    // vLLM starts as many API servers as copies, if it is let: one has a place for one list of adapters.
    ...(data > 1 ? [`--data-parallel-size=${data}`, '--api-server-count=1'] : []),
    ...mediaArgs(inputs.mediaDomains),
    ...loraArgs(servedName, adapters, inputs.config.maxLoraRank ?? DEFAULT_LORA_RANK),
    ...(config.gpuMemoryUtilization === undefined ? [] : [`--gpu-memory-utilization=${config.gpuMemoryUtilization}`]),
    ...inputs.extra,
    ...config.engineArgs,
  ]
}

/**
 * Without a list vLLM fetches whatever address a request names, from inside of the cluster; an empty list is none. No host has
 * this name (RFC 2606), so that all there is to give are the bytes themselves, in a data: URL.
 */
const NO_HOST = 'nowhere.invalid'

const mediaArgs = (hosts: readonly string[]): string[] =>
  hosts.includes('*') ? [] : ['--allowed-media-domains', ...(hosts.length === 0 ? [NO_HOST] : hosts)]

/** Only the first host of a chain of redirects is held against the list. */
export const mediaEnv = (hosts: readonly string[]): EnvVar[] =>
  hosts.includes('*') ? [] : [{ name: 'VLLM_MEDIA_URL_ALLOW_REDIRECTS', value: '0' }]

function loraArgs(base: string, adapters: readonly MountedAdapter[], rank: number): string[] {
  if (adapters.length === 0) return []
  const modules = adapters.map(({ name, path }) => JSON.stringify({ name, path, base_model_name: base }))
  return [
    '--enable-lora',
    `--max-loras=${Math.min(adapters.length, 4)}`,
    `--max-cpu-loras=${Math.max(adapters.length, 4)}`,
    `--max-lora-rank=${rank}`,
    '--lora-modules',
    ...modules,
  ]
}
