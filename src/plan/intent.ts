import type { InferenceSpec } from '#src/api/inference.ts'
import type { Foreign } from '#src/api/schema-kit.ts'
import type { TuningSpec } from '#src/api/tuning.ts'
import type { Preset } from '#src/catalog/preset.ts'
import { resolveModel } from '#src/catalog/resolve.ts'
import { type InferenceConfig, parseInferenceConfig } from '#src/inference/inference-config.ts'
import type { FieldError } from '#src/lib/field-error.ts'
import type { Result } from '#src/lib/result.ts'
import type { Trouble } from '#src/observe/pod-trouble.ts'
import { policyOf } from '#src/reading/facts.ts'
import { secretUses } from '#src/reading/mentions.ts'
import { notAllowed } from '#src/reading/not-allowed.ts'
import { configOn } from '#src/reading/training-room.ts'
import { findMethod } from '#src/tuning/methods/index.ts'
import type { MethodName } from '#src/tuning/methods/method.ts'
import { parseTrainingConfig, type ResolvedTrainingConfig } from '#src/tuning/training-config.ts'
import { machineOf } from './machine.ts'
import { tuningGpus } from './tuning-needs.ts'
import type { World } from './world.ts'

/** What a Workspace asks for, with every name looked up; or why that cannot be said (yet). */
export type Intent =
  | {
      readonly kind: 'tuning'
      readonly tuning: TuningSpec
      readonly preset: Preset
      /** Name in the list of methods, lower case. */
      readonly method: MethodName
      readonly config: ResolvedTrainingConfig
    }
  | {
      readonly kind: 'inference'
      readonly inference: InferenceSpec
      readonly preset: Preset
      /** What the user's inference_config.yaml asks of the engine. */
      readonly engine: InferenceConfig
    }
  | { readonly kind: 'template'; readonly template: Foreign }
  | { readonly kind: 'unclear'; readonly trouble: Trouble }

/**
 * Reads the Workspace against the world before any GPU is asked for. Admission has refused most of what is wrong here, but
 * ConfigMaps and Secrets come and go after it, and objects may be older than a rule.
 */
export function intentOf(world: World): Intent {
  const { tuning, inference } = world.workspace
  const refused = notAllowed(world.workspace, policyOf(world.settings))
  if (refused.length > 0) return unclear('NotAllowed', tooMuch(refused))
  if (tuning !== undefined) return tuningIntent(world, tuning)
  if (inference?.template !== undefined) return { kind: 'template', template: inference.template }
  if (inference !== undefined) return inferenceIntent(world, inference)
  return unclear('ConfigInvalid', 'the Workspace has neither inference nor tuning: set exactly one')
}

function tuningIntent(world: World, tuning: TuningSpec): Intent {
  const found = presetOf(world, tuning.preset?.name)
  if (!found.ok) return unclear(found.reason, found.message)
  const method = findMethod(tuning.method)
  if (method === undefined)
    return unclear('ConfigInvalid', `there is no tuning method ${JSON.stringify(tuning.method)}`)
  const secret = missingSecret(world)
  if (secret !== undefined) return unclear('SecretMissing', secret)
  if (tuning.config === undefined) {
    return {
      kind: 'tuning',
      tuning,
      preset: found.preset,
      method: method.name,
      config: configOn({ preset: found.preset, method, ...gpusOf(world) }),
    }
  }
  const yaml = configText(world, tuning.config, 'training_config.yaml')
  if (!yaml.ok) return unclear(yaml.reason, yaml.message)
  const parsed = parseTrainingConfig(yaml.text, method)
  if (!parsed.ok) return unclear('ConfigInvalid', complain(tuning.config, parsed.reason))
  return {
    kind: 'tuning',
    tuning,
    preset: found.preset,
    method: method.name,
    config: configOn({ preset: found.preset, method, ...gpusOf(world) }, parsed.config),
  }
}

const gpusOf = (world: World) => ({
  sku: machineOf(world),
  gpus: tuningGpus(world),
})

function inferenceIntent(world: World, inference: InferenceSpec): Intent {
  const found = presetOf(world, inference.preset?.name)
  if (!found.ok) return unclear(found.reason, found.message)
  const { preset } = found
  const secret = missingSecret(world)
  if (secret !== undefined) return unclear('SecretMissing', secret)
  if (inference.config === undefined) return { kind: 'inference', inference, preset, engine: { engineArgs: [] } }
  const yaml = configText(world, inference.config, 'inference_config.yaml')
  if (!yaml.ok) return unclear(yaml.reason, yaml.message)
  const { engineFlags } = world.settings
  const parsed = parseInferenceConfig(yaml.text, {
    engineFlags,
    ...(preset.contextLength === 0 ? {} : { contextLength: preset.contextLength }),
  })
  if (!parsed.ok) return unclear('ConfigInvalid', complain(inference.config, parsed.reason))
  return { kind: 'inference', inference, preset, engine: parsed.config }
}

type Known<T> = Result<T, Trouble['reason'], { readonly message: string }>

export function presetOf(world: World, name: string | undefined): Known<{ readonly preset: Preset }> {
  const model = resolveModel(world.catalog, name ?? '')
  if (model.kind === 'preset') return { ok: true, preset: model.preset }
  if (model.kind === 'hub') return { ok: true, preset: hubPreset(model.id) }
  const message = `the model ${JSON.stringify(name)} is not in the catalog (any more)`
  return { ok: false, reason: 'BaseModelUnavailable', message }
}

/** A model that only the hub knows: nothing is known of its size, so nothing is limited by it. */
export const hubPreset = (id: string): Preset => ({
  name: id.split('/').at(-1)?.toLowerCase() ?? id,
  family: 'hub',
  weights: { hub: id },
  weightsGiB: 0,
  contextLength: 0,
  kvBytesPerToken: 0,
  tuning: { targetModules: ['all-linear'] },
})

function missingSecret(world: World): string | undefined {
  // A push secret beside a volume is used by nothing.
  const used = secretUses(world.workspace).filter(({ role, image }) => role !== 'push' || image !== undefined)
  const missing = [...new Set(used.map(({ name }) => name))].filter((name) => world.secrets.get(name) === 'missing')
  if (missing.length === 0) return undefined
  const namespace = world.workspace.metadata.namespace ?? 'default'
  return `Secret ${missing.join(', ')} does not exist in namespace ${namespace}; no GPU is used before it does`
}

function configText(world: World, name: string, key: string): Known<{ readonly text: string }> {
  const text = world.config?.[key]
  if (text !== undefined) return { ok: true, text }
  const message =
    world.config === undefined
      ? `ConfigMap ${name} does not exist in namespace ${world.workspace.metadata.namespace ?? 'default'}`
      : `ConfigMap ${name} has no key ${key}`
  return { ok: false, reason: 'ConfigInvalid', message }
}

const complain = (name: string, complaints: readonly Omit<FieldError, 'origin'>[]) =>
  `ConfigMap ${name}: ${complaints.map(({ path, detail }) => `${path}: ${detail}`).join('; ')}`

/** A few are enough to know what kind of thing it is; the rest may be many. */
const tooMuch = (refused: readonly { readonly path: string; readonly detail: string }[]) =>
  `nothing is made of what nobody has allowed: ${refused
    .slice(0, 5)
    .map(({ path, detail }) => `${path}: ${detail}`)
    .join('; ')}`

const unclear = (reason: Trouble['reason'], message: string): Intent => ({
  kind: 'unclear',
  trouble: { reason, message },
})
