import { describe, expect, it } from 'vitest'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { findPreset } from '#src/catalog/catalog.ts'
import { breakdownText } from '#src/estimate/breakdown.ts'
import { cacheTokens, estimateInference } from '#src/estimate/inference.ts'

function preset(name: string) {
  const found = findPreset(builtInCatalog, name)
  if (found === undefined) throw new Error(`no preset ${name}`)
  return found
}

describe('estimateInference', () => {
  it('needs 48 GiB of cache for the whole 128k context of Phi-3-mini, which has no grouped-query attention', () => {
    const estimate = estimateInference({ preset: preset('phi-3-mini-128k-instruct'), gpus: 1 })
    expect(breakdownText(estimate.parts)).toBe('weights 7.3 + overhead 2.7 + cache of 131072 tokens 48.0 = 57.9 GiB')
    expect(estimate.fullContext).toBeCloseTo(57.92 / 0.92, 1)
  })

  it('lets about 13 thousand tokens of it fit 16 GiB, and none 8 GiB', () => {
    const estimate = estimateInference({ preset: preset('phi-3-mini-128k-instruct'), gpus: 1 })
    expect(cacheTokens(estimate, 16)).toBeGreaterThan(12_000)
    expect(cacheTokens(estimate, 16)).toBeLessThan(14_000)
    expect(cacheTokens(estimate, 8)).toBe(0)
  })

  it('fits exactly a full context into `fullContext`, and 2,048 tokens into `low`', () => {
    for (const { retired, ...entry } of builtInCatalog.presets) {
      if (retired !== undefined) continue
      const estimate = estimateInference({ preset: entry, gpus: 1, adapters: { count: 2, rank: 16 } })
      expect(cacheTokens(estimate, estimate.fullContext * (1 + 1e-12)), entry.name).toBe(entry.contextLength)
      expect(cacheTokens(estimate, estimate.low * (1 + 1e-12)), entry.name).toBe(2048)
    }
  })

  it('shares weights and cache between GPUs, but splits no key/value head', () => {
    const model = preset('llama-3.3-70b-instruct')
    const [one, eight, sixteen] = [1, 8, 16].map((gpus) => estimateInference({ preset: model, gpus }))
    expect(one?.kvBytesPerToken).toBe(327_680)
    expect(eight?.kvBytesPerToken).toBe(327_680 / 8)
    expect(sixteen?.kvBytesPerToken).toBe(327_680 / 8)
    expect(eight?.parts[0]?.gib).toBeCloseTo((1.02 * 131.42) / 8, 6)
  })

  it('keeps 2 bytes for every weight of every adapter slot', () => {
    const model = preset('llama-3.1-8b-instruct')
    const without = estimateInference({ preset: model, gpus: 1 })
    const estimate = estimateInference({ preset: model, gpus: 1, adapters: { count: 4, rank: 16 } })
    expect((estimate.fixedGiB - without.fixedGiB) * 2 ** 30).toBeCloseTo(4 * 2 * 41_943_040, 0)
  })

  it('assumes for an unknown shape at least what known ones need for an adapter', () => {
    for (const entry of builtInCatalog.presets) {
      const { architecture, ...unknown } = entry
      if (architecture === undefined || entry.tuning === undefined) continue
      const adapters = { count: 1, rank: 16 }
      expect(estimateInference({ preset: unknown, gpus: 1, adapters }).fixedGiB, entry.name).toBeGreaterThanOrEqual(
        estimateInference({ preset: entry, gpus: 1, adapters }).fixedGiB,
      )
    }
  })

  it('takes no more context than the model has', () => {
    expect(estimateInference({ preset: preset('phi-4'), gpus: 1, contextLength: 1e6 }).contextLength).toBe(16_384)
  })
})
