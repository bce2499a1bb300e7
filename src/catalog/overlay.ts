import { type Catalog, findPreset, findSku } from './catalog.ts'
import type { GpuSku } from './gpu.ts'
import { type Merged, mergePreset } from './overlay-preset.ts'
import type { CatalogOverlay, SkuOverlay } from './overlay-schema.ts'
import type { Preset } from './preset.ts'

export { type CatalogOverlay, catalogOverlaySchema } from './overlay-schema.ts'

/**
 * Lays the administrator's entries over a catalog: an entry with a known name (or alias) changes only the fields it
 * gives, any other name is added. Entries that cannot work are left out and told in `problems`, one sentence each;
 * the rest still counts. The overlay must have passed `catalogOverlaySchema`.
 */
export function applyOverlay(
  base: Catalog,
  overlay: CatalogOverlay,
): { readonly catalog: Catalog; readonly problems: readonly string[] } {
  const problems: string[] = []
  let catalog = base
  for (const change of overlay.presets ?? []) {
    const before = findPreset(catalog, change.name)
    const merged = mergePreset(before, change)
    const problem = merged.ok ? clash(catalog, before, merged.entry) : merged.reason
    if (problem !== undefined) problems.push(`catalog preset ${change.name}: ${problem}`)
    else if (merged.ok) catalog = { ...catalog, presets: put(catalog.presets, before, merged.entry) }
  }
  for (const change of overlay.skus ?? []) {
    const before = findSku(catalog, change.cloud, change.name)
    const merged = mergeSku(before, change)
    if (!merged.ok) problems.push(`catalog instance type ${change.name}: ${merged.reason}`)
    else catalog = { ...catalog, skus: put(catalog.skus, before, merged.entry) }
  }
  return { catalog, problems }
}

const put = <T>(list: readonly T[], before: T | undefined, after: T): readonly T[] =>
  before === undefined ? [...list, after] : list.map((entry) => (entry === before ? after : entry))

/** Names and aliases mean one model each; otherwise the order of the list would decide which. */
function clash(catalog: Catalog, before: Preset | undefined, after: Preset): string | undefined {
  const others: Catalog = { presets: catalog.presets.filter((preset) => preset !== before), skus: [] }
  for (const name of [after.name, ...(after.aliases ?? [])]) {
    const other = findPreset(others, name)
    if (other !== undefined) return `the name ${name} already means ${other.name}`
  }
  return undefined
}

function mergeSku(before: GpuSku | undefined, change: SkuOverlay): Merged<GpuSku> {
  const { gpuModel, vendor = 'nvidia', gpuCount, gpuMemoryGiB, ...rest } = { ...before, ...change }
  if (gpuModel === undefined || gpuCount === undefined || gpuMemoryGiB === undefined) {
    return { ok: false, reason: 'a new instance type needs gpuModel, gpuCount and gpuMemoryGiB' }
  }
  if (gpuMemoryGiB <= 0) return { ok: false, reason: 'gpuMemoryGiB must be more than 0' }
  if (rest.price !== undefined && rest.price.usdPerHour < 0)
    return { ok: false, reason: 'price.usdPerHour must not be negative' }
  return { ok: true, entry: { ...rest, name: before?.name ?? change.name, gpuModel, vendor, gpuCount, gpuMemoryGiB } }
}
