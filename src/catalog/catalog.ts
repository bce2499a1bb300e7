import { perObject } from '#src/lib/per-object.ts'
import type { Cloud, GpuSku } from './gpu.ts'
import type { Preset } from './preset.ts'

/** All models and instance types the operator knows: the built-in lists with the administrator's overlay on top. */
export interface Catalog {
  readonly presets: readonly Preset[]
  readonly skus: readonly GpuSku[]
}

/** The preset that a name or alias means; case does not matter. */
export function findPreset(catalog: Catalog, name: string): Preset | undefined {
  return presetsByName(catalog.presets).get(name.toLowerCase())
}

/** The instance type of a cloud that a name means; case does not matter. */
export function findSku(catalog: Catalog, cloud: Cloud, name: string): GpuSku | undefined {
  return skusByName(catalog.skus).get(cloud)?.get(name.toLowerCase())
}

/** Where two share a name, the first has it. */
const presetsByName = perObject((presets: readonly Preset[]) =>
  firstOf(
    presets.flatMap((preset) =>
      [preset.name, ...(preset.aliases ?? [])].map((name) => [name.toLowerCase(), preset] as const),
    ),
  ),
)

const skusByName = perObject((skus: readonly GpuSku[]) => {
  const byCloud = [...Map.groupBy(skus, ({ cloud }) => cloud)]
  return new Map(byCloud.map(([cloud, those]) => [cloud, firstOf(those.map((sku) => [sku.name.toLowerCase(), sku]))]))
})

const firstOf = <T>(entries: readonly (readonly [string, T])[]): ReadonlyMap<string, T> => new Map(entries.toReversed())
