import type { AdapterSpec } from '#src/api/inference.ts'
import { ANNOTATION } from '#src/api/labels.ts'
import type { PresetSpec } from '#src/api/preset.ts'
import { faultForRules } from '#src/api/validate.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { findSku } from '#src/catalog/catalog.ts'
import { provisionerOf } from '#src/provisioners/index.ts'
import type { Facts } from '#src/reading/facts.ts'
import { chooseInstance } from '#src/reading/memory-need.ts'
import { DEFAULT_METHOD, METHOD_NAMES } from '#src/tuning/methods/index.ts'
import { comparable } from './comparable.ts'

/**
 * The Workspace with what its author left out. Fills only what is absent or spells it as the catalog does; never removes or
 * overrules anything, so applying it twice is applying it once. Looks at nothing but the object, policy and catalog.
 */
export function withDefaults(workspace: Workspace, facts: Facts): Workspace {
  if (workspace.metadata?.deletionTimestamp !== undefined) return workspace
  // Rules will refuse it, or leave it as it was stored.
  if (faultForRules(workspace) !== undefined) return workspace
  const { resource, inference, tuning } = workspace
  // Without a purpose or nodes there is nothing to choose for: the rules will say so.
  if (!inference && !tuning) return workspace
  return withInstance(
    {
      ...workspace,
      ...(resource ? { resource: { ...resource, count: resource.count ?? 1 } } : {}),
      ...(inference ? { inference: withInference(inference) } : {}),
      ...(tuning ? { tuning: withTuning(tuning) } : {}),
    },
    comparable(facts),
  )
}

type Inference = NonNullable<Workspace['inference']>
type Tuning = NonNullable<Workspace['tuning']>

const withInference = (inference: Inference): Inference => ({
  ...inference,
  ...(inference.preset ? { preset: withAccess(inference.preset) } : {}),
  ...(inference.adapters ? { adapters: inference.adapters.map(withStrength) } : {}),
})

const withTuning = (tuning: Tuning): Tuning => ({
  ...tuning,
  ...(tuning.preset ? { preset: withAccess(tuning.preset) } : {}),
  method: methodOf(tuning.method),
})

/** Lower case where it is a method; what is none stays as it was written, so that the complaint shows it. */
function methodOf(method: string | undefined): string {
  if (method === undefined) return DEFAULT_METHOD
  const lower = method.toLowerCase()
  return METHOD_NAMES.includes(lower) ? lower : method
}

const withAccess = (preset: PresetSpec): PresetSpec => ({ ...preset, accessMode: preset.accessMode ?? 'public' })

const withStrength = (adapter: AdapterSpec): AdapterSpec => ({ ...adapter, strength: adapter.strength ?? '1.0' })

function withInstance(workspace: Workspace, facts: Facts): Workspace {
  const { resource } = workspace
  const { policy, catalog } = facts
  if (!resource || provisionerOf(policy).buys === undefined) return workspace
  const spelt = (name: string) => findSku(catalog, policy.cloud, name)?.name ?? name
  if (resource.instanceType) {
    return { ...workspace, resource: { ...resource, instanceType: spelt(resource.instanceType) } }
  }
  // A re-apply of a manifest without the field keeps what was chosen before: it could not be changed anyway.
  const before = facts.operation === 'UPDATE' ? facts.old?.resource?.instanceType : undefined
  if (before)
    return annotated({ ...workspace, resource: { ...resource, instanceType: spelt(before) } }, oldReason(facts))
  // An object from before there was a default has none, and may not get one now: the field cannot be changed.
  if (facts.operation === 'UPDATE' && facts.old !== undefined) return workspace
  const chosen = chooseInstance(workspace, facts)
  if (chosen === undefined) return workspace
  return annotated({ ...workspace, resource: { ...resource, instanceType: chosen.name } }, chosen.because)
}

const oldReason = ({ old }: Facts) => old?.metadata?.annotations?.[ANNOTATION.defaultedBecause]

function annotated(workspace: Workspace, because: string | undefined): Workspace {
  const { metadata } = workspace
  const present = metadata?.annotations?.[ANNOTATION.defaultedBecause]
  if (because === undefined || present !== undefined) return workspace
  const annotations = { ...metadata?.annotations, [ANNOTATION.defaultedBecause]: because }
  return { ...workspace, metadata: { ...metadata, annotations } }
}
