import { describe, expect, it } from 'vitest'
import { kvBytesPerToken, moduleShape, unquantizedParameters } from '#src/catalog/architecture.ts'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { findSku } from '#src/catalog/catalog.ts'
import type { Cloud } from '#src/catalog/gpu.ts'
import type { Architecture } from '#src/catalog/preset.ts'
import { cheapest, fitInference } from '#src/estimate/fit.ts'
import { estimateInference } from '#src/estimate/inference.ts'

const { presets, skus } = builtInCatalog
const active = presets.filter((preset) => preset.retired === undefined)
const known = presets.flatMap((preset) =>
  preset.architecture === undefined ? [] : [{ ...preset, architecture: preset.architecture }],
)

describe('built-in presets', () => {
  it('hold every name once, aliases and case included', () => {
    const names = presets
      .flatMap((preset) => [preset.name, ...(preset.aliases ?? [])])
      .map((name) => name.toLowerCase())
    const twice = names.filter((name, index) => names.indexOf(name) !== index)
    expect(twice).toEqual([])
  })

  it('hold the 25 short names and all 60 models of KAITO v0.12', () => {
    expect(active.filter((preset) => !preset.name.includes('/'))).toHaveLength(25)
    expect(active).toHaveLength(60)
  })

  it('replace a retired name by one that is not retired', () => {
    const retired = presets.flatMap((preset) => (preset.retired === undefined ? [] : [preset.retired.use]))
    expect(retired).toHaveLength(11)
    for (const use of retired) expect(active.map((preset) => preset.name)).toContain(use)
  })

  it('have an architecture and only modules that it has, wherever they can be tuned', () => {
    const tunable = presets.filter((preset) => preset.tuning !== undefined)
    expect(tunable.length).toBeGreaterThanOrEqual(10)
    for (const { name, architecture, tuning } of tunable) {
      for (const module of tuning?.targetModules ?? []) {
        expect(architecture && moduleShape(architecture, module), `${name} ${module}`).toBeDefined()
      }
    }
  })

  it.each(known)('count the parameters of $name to within 0.1 % of what is published', ({ architecture }) => {
    expect(Math.abs(countedParameters(architecture) / architecture.params - 1)).toBeLessThan(0.001)
  })

  it.each(known)('give $name the cache and weights that its architecture implies', ({ architecture, ...preset }) => {
    expect(preset.kvBytesPerToken).toBe(kvBytesPerToken(architecture))
    expect(preset.weightsGiB).toBeCloseTo((2 * architecture.params) / 2 ** 30, 1)
  })
})

/** Too big for the largest size of the cloud (Azure Local: two GPUs of 16 GiB), at 2,048 tokens of context. */
const ON_ARC_ONLY_UP_TO_GIB = 23

describe('built-in instance types', () => {
  it('are unique in their cloud, and as many as KAITO lists and the early examples use', () => {
    const names = skus.map((sku) => `${sku.cloud}/${sku.name.toLowerCase()}`)
    expect(new Set(names).size).toBe(names.length)
    const count = (cloud: Cloud) => skus.filter((sku) => sku.cloud === cloud).length
    expect({ aws: count('aws'), arc: count('arc') }).toEqual({ aws: 35, arc: 8 })
    expect(skus.filter((sku) => sku.cloud === 'azure' && sku.retired === undefined)).toHaveLength(14 + 1 + 4)
  })

  it.each(skus)('give $cloud $name a whole number of GiB on each GPU', (sku) => {
    expect(sku.gpuMemoryGiB / sku.gpuCount).toSatisfy(Number.isInteger)
    if (sku.vendor === 'nvidia') expect(sku.computeCapability).toBeGreaterThan(5)
  })

  it('say of each price where and when it was read', () => {
    for (const sku of skus) {
      if (sku.price === undefined) continue
      expect(sku.price.usdPerHour).toBeGreaterThan(0)
      expect(sku.price.asOf).toMatch(/^20\d\d-\d\d-\d\d$/)
    }
  })

  it('have a price of this year with its source, where they are sold on demand', () => {
    const sold = skus.filter((sku) => sku.cloud !== 'arc' && sku.retired === undefined && sku.notLaunched === undefined)
    expect(sold.filter(({ price }) => price === undefined).map(({ name }) => name)).toEqual(['p5e.48xlarge'])
    for (const { price } of sold) {
      if (price !== undefined)
        expect([price.source, price.asOf]).toEqual([
          expect.stringContaining('karpenter'),
          expect.stringMatching(/^2026-/),
        ])
    }
  })

  it('replace a retired one by one that is sold and has at least its memory', () => {
    for (const sku of skus) {
      if (sku.retired === undefined) continue
      const use = findSku(builtInCatalog, sku.cloud, sku.retired.use)
      expect(use?.retired, sku.name).toBeUndefined()
      expect(use?.gpuMemoryGiB, sku.name).toBeGreaterThanOrEqual(sku.gpuMemoryGiB)
    }
    expect(findSku(builtInCatalog, 'azure', 'standard_nc6s_v3')?.retired?.since).toBe('2025-09-30')
  })

  it.each(['azure', 'aws', 'arc'] as const)(
    'hold a size for every preset on %s, big models on Arc excepted',
    (cloud) => {
      const without = active.filter(
        (preset) =>
          cheapest(builtInCatalog, cloud, (sku) => {
            return fitInference(estimateInference({ preset, gpus: sku.gpuCount }), sku) !== 'deny'
          }) === undefined,
      )
      if (cloud !== 'arc') expect(without.map((preset) => preset.name)).toEqual([])
      else
        for (const preset of active) {
          expect(without.includes(preset), preset.name).toBe(preset.weightsGiB > ON_ARC_ONLY_UP_TO_GIB)
        }
    },
  )
})

/** All parameters, counted from the shape. Biases are left out (below 0.01 % in Qwen2). */
function countedParameters(architecture: Architecture): number {
  const { hidden, intermediate, heads, kvHeads, headDim, layers } = architecture
  const attention = hidden * headDim * (2 * heads + 2 * kvHeads)
  return layers * (attention + 3 * hidden * intermediate) + unquantizedParameters(architecture)
}
