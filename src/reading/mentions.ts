import { API_KEYS_PATH, apiKeysSecret } from '#src/api/api-keys.ts'
import type { AdapterSpec } from '#src/api/inference.ts'
import type { PresetSpec } from '#src/api/preset.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { defined } from '#src/lib/defined.ts'
import { type ImageRefResult, parseImageRef } from '#src/lib/image-ref.ts'
import { lastOnly } from '#src/lib/per-object.ts'
import { isPlaceholder } from './placeholder.ts'

/**
 * What a Workspace mentions, each with the path where it does, so that a rule about presets, images or Secrets is written
 * once and holds wherever one may appear. Many rules ask; each list is made once.
 */
export interface PresetUse {
  readonly path: string
  readonly preset: PresetSpec
  readonly purpose: 'inference' | 'tuning'
}

export const presetUses = lastOnly((workspace: Workspace): readonly PresetUse[] => {
  const uses: PresetUse[] = []
  const { inference, tuning } = workspace
  if (inference?.preset) uses.push({ path: 'inference.preset', preset: inference.preset, purpose: 'inference' })
  if (tuning?.preset) uses.push({ path: 'tuning.preset', preset: tuning.preset, purpose: 'tuning' })
  return uses
})

export interface ImageUse {
  readonly path: string
  readonly image: string
  readonly role: 'weights' | 'adapter' | 'dataset' | 'output'
  /** What the text means; undefined for a placeholder, which means nothing. */
  readonly parsed: ImageRefResult | undefined
}

export const imageUses = lastOnly((workspace: Workspace): readonly ImageUse[] => {
  const uses: ImageUse[] = []
  const add = (path: string, role: ImageUse['role'], image: string | undefined) => {
    if (image !== undefined) uses.push({ path, role, image, parsed: meant(image) })
  }
  for (const { path, preset } of presetUses(workspace)) {
    add(`${path}.presetOptions.image`, 'weights', preset.presetOptions?.image)
  }
  for (const { path, adapter } of adapterUses(workspace)) add(`${path}.source.image`, 'adapter', adapter.source?.image)
  add('tuning.input.image', 'dataset', workspace.tuning?.input?.image)
  add('tuning.output.image', 'output', workspace.tuning?.output?.image)
  return uses
})

const meant = (image: string) => (isPlaceholder(image) ? undefined : parseImageRef(image))

export interface SecretUse {
  readonly path: string
  readonly name: string
  readonly role: 'pull' | 'push' | 'token' | 'keys'
  /** The image that this Secret is for, where there is one. */
  readonly image?: string
}

export const secretUses = lastOnly((workspace: Workspace): readonly SecretUse[] => {
  const uses: SecretUse[] = []
  const pull = (path: string, names: readonly string[] | undefined, image: string | undefined) => {
    for (const [index, name] of (names ?? []).entries()) {
      uses.push({ path: `${path}[${index}]`, name, role: 'pull', ...defined({ image }) })
    }
  }
  for (const { path, preset } of presetUses(workspace)) {
    const options = preset.presetOptions
    pull(`${path}.presetOptions.imagePullSecrets`, options?.imagePullSecrets, options?.image)
    const token = options?.modelAccessSecret
    if (token !== undefined) uses.push({ path: `${path}.presetOptions.modelAccessSecret`, name: token, role: 'token' })
  }
  for (const { path, adapter } of adapterUses(workspace)) {
    pull(`${path}.source.imagePullSecrets`, adapter.source?.imagePullSecrets, adapter.source?.image)
  }
  const keys = apiKeysSecret(workspace)
  if (keys !== undefined) uses.push({ path: API_KEYS_PATH, name: keys, role: 'keys' })
  const { input, output } = workspace.tuning ?? {}
  pull('tuning.input.imagePullSecrets', input?.imagePullSecrets, input?.image)
  const push = output?.imagePushSecret
  if (push !== undefined) {
    const image = output?.image
    const use = { path: 'tuning.output.imagePushSecret', name: push, role: 'push' } as const
    uses.push(image === undefined ? use : { ...use, image })
  }
  return uses
})

export interface ConfigUse {
  readonly path: string
  readonly name: string
  readonly key: 'training_config.yaml' | 'inference_config.yaml'
}

export const configUses = lastOnly((workspace: Workspace): readonly ConfigUse[] => {
  const uses: ConfigUse[] = []
  const inference = workspace.inference?.config
  const tuning = workspace.tuning?.config
  if (inference) uses.push({ path: 'inference.config', name: inference, key: 'inference_config.yaml' })
  if (tuning) uses.push({ path: 'tuning.config', name: tuning, key: 'training_config.yaml' })
  return uses
})

export interface AdapterUse {
  readonly path: string
  readonly adapter: AdapterSpec
}

/** More adapters than this are too many anyway (`adapters.count`); looking at all of thousands would take long. */
const MAX_LOOKED_AT = 20

export const adapterUses = lastOnly((workspace: Workspace): readonly AdapterUse[] =>
  (workspace.inference?.adapters ?? []).slice(0, MAX_LOOKED_AT).map((adapter, index) => ({
    path: `inference.adapters[${index}]`,
    adapter,
  })),
)

export interface VolumeUse {
  readonly path: string
  readonly volume: Readonly<Record<string, unknown>>
  readonly role: 'adapter' | 'dataset' | 'output'
}

export const volumeUses = lastOnly((workspace: Workspace): readonly VolumeUse[] => {
  const uses: VolumeUse[] = []
  const add = (path: string, role: VolumeUse['role'], volume: Readonly<Record<string, unknown>> | undefined) => {
    if (volume !== undefined) uses.push({ path, role, volume })
  }
  for (const { path, adapter } of adapterUses(workspace)) {
    add(`${path}.source.volumeSource`, 'adapter', adapter.source?.volumeSource)
  }
  add('tuning.input.volumeSource', 'dataset', workspace.tuning?.input?.volumeSource)
  add('tuning.output.volumeSource', 'output', workspace.tuning?.output?.volumeSource)
  return uses
})
