import { SKUS } from '#src/catalog/skus/index.ts'

const nvidia = SKUS.filter(({ vendor, computeCapability }) => vendor === 'nvidia' && computeCapability !== undefined)
const gpus = new Map<number, readonly string[]>()
for (const { computeCapability = 0, gpuModel } of nvidia) {
  const known = gpus.get(computeCapability) ?? []
  if (!known.includes(gpuModel)) gpus.set(computeCapability, [...known, gpuModel])
}
const all = [...gpus.keys()].sort((a, b) => a - b)
const live = new Set(nvidia.filter(({ retired }) => retired === undefined).map((sku) => sku.computeCapability))

/** The CUDA capabilities of the catalog's types: those of types that are sold, and those only of retired ones. */
export const capabilities = {
  all,
  offered: all.filter((capability) => live.has(capability)),
  retired: all.filter((capability) => !live.has(capability)),
  gpus,
}
