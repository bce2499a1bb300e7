import type { Cloud, GpuSku } from './gpu.ts'
import type { Preset } from './preset.ts'

/** All models and instance types the operator knows: the built-in lists with the administrator's overlay on top. */
export interface Catalog {
  readonly presets: readonly Preset[]
  readonly skus: readonly GpuSku[]
}

/** The preset that a name or alias means; case does not matter. */
export function findPreset(catalog: Catalog, name: string): Preset | undefined {
  const wanted = name.toLowerCase()
  return catalog.presets.find(
    (preset) =>
      preset.name.toLowerCase() === wanted || preset.aliases?.some((alias) => alias.toLowerCase() === wanted) === true,
  )
}

/** The instance type of a cloud that a name means; case does not matter. */
export function findSku(catalog: Catalog, cloud: Cloud, name: string): GpuSku | undefined {
  const wanted = name.toLowerCase()
  return catalog.skus.find((sku) => sku.cloud === cloud && sku.name.toLowerCase() === wanted)
}
