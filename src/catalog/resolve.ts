import { nearest } from '#src/lib/nearest.ts'
import { perObject } from '#src/lib/per-object.ts'
import { type Catalog, findPreset } from './catalog.ts'
import type { Preset } from './preset.ts'

/** What the name of a model in a Workspace means. */
export type ModelResolution =
  | { readonly kind: 'preset'; readonly preset: Preset }
  | { readonly kind: 'retired'; readonly preset: Preset; readonly reason: string; readonly use?: string }
  /** A Hugging Face id that the catalog knows nothing of: no sizes, so no memory estimate. */
  | { readonly kind: 'hub'; readonly id: string }
  | { readonly kind: 'unknown'; readonly nearest?: string }

/** The model that a name, alias or Hugging Face id means. Asks nobody: whether a hub id exists shows when it is pulled. */
export function resolveModel(catalog: Catalog, name: string): ModelResolution {
  const preset = findPreset(catalog, name)
  if (preset?.retired !== undefined) return { kind: 'retired', preset, ...preset.retired }
  if (preset !== undefined) return { kind: 'preset', preset }
  if (isHubId(name)) return { kind: 'hub', id: name }
  const near = nearest(name.slice(0, MAX_ID), liveNames.inference(catalog))
  return near === undefined ? { kind: 'unknown' } : { kind: 'unknown', nearest: near }
}

/** Whether a text can be a Hugging Face model id, `organisation/model`. Also what keeps it safe in URLs and paths. */
export function isHubId(text: string): boolean {
  if (text.length > MAX_ID) return false
  const parts = text.split('/')
  return parts.length === 2 && parts.every(isHubName)
}

/** The hub's own limit for the whole id. */
const MAX_ID = 96
const HUB_NAME = /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$/

const isHubName = (part: string): boolean =>
  HUB_NAME.test(part) && !part.includes('..') && !part.includes('--') && !part.endsWith('.git')

/** Names and aliases of the models that can be served, and of those that can be tuned: what a misspelt one may have meant. */
export const liveNames = {
  inference: perObject((catalog: Catalog) => namesOf(catalog.presets.filter(({ retired }) => !retired))),
  tuning: perObject((catalog: Catalog) => namesOf(catalog.presets.filter(({ retired, tuning }) => !retired && tuning))),
}

const namesOf = (presets: readonly Preset[]) => presets.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])])
