import { describe, expect, it } from 'vitest'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { findPreset, findSku } from '#src/catalog/catalog.ts'
import type { Cloud, GpuSku } from '#src/catalog/gpu.ts'
import { breakdownText } from '#src/estimate/breakdown.ts'
import { cheapest, fitInference, fitTuning } from '#src/estimate/fit.ts'
import { estimateInference } from '#src/estimate/inference.ts'
import { hourlyPrice } from '#src/estimate/price.ts'
import { estimateTuning } from '#src/estimate/tuning.ts'

function sku(name: string, cloud: Cloud = 'azure'): GpuSku {
  const found = findSku(builtInCatalog, cloud, name)
  if (found === undefined) throw new Error(`no instance type ${name}`)
  return found
}

function tuning(name: string, method: 'lora' | 'qlora') {
  const { architecture, tuning } = findPreset(builtInCatalog, name) ?? {}
  if (architecture === undefined || tuning === undefined) throw new Error(`${name} cannot be tuned`)
  return estimateTuning({ architecture, ...tuning, method, rank: 16, batchSize: 1, maxLength: 2048 })
}

describe('fitTuning', () => {
  it.each([
    ['phi-3-mini-128k-instruct', 'qlora', 'Standard_NC6s_v3', 'ok'],
    ['phi-3-mini-128k-instruct', 'lora', 'Standard_NV6', 'warn'],
    ['llama-3.1-8b-instruct', 'lora', 'Standard_NC12s_v3', 'warn'],
    ['phi-4', 'lora', 'Standard_NV72ads_A10_v5', 'deny'],
    ['llama-3.3-70b-instruct', 'lora', 'Standard_NC96ads_A100_v4', 'deny'],
    ['llama-3.3-70b-instruct', 'qlora', 'Standard_NC24ads_A100_v4', 'ok'],
  ] as const)('%s with %s on %s: %s, by the memory of one GPU', (name, method, size, expected) => {
    expect(fitTuning(tuning(name, method), sku(size))).toBe(expected)
  })
})

describe('fitInference', () => {
  it.each([
    ['phi-3-mini-4k-instruct', 'Standard_NC6s_v3', 'ok'],
    ['phi-3-mini-128k-instruct', 'Standard_NC6s_v3', 'warn'],
    ['phi-4', 'Standard_NV36ads_A10_v5', 'deny'],
    ['phi-4', 'Standard_NV72ads_A10_v5', 'ok'],
    ['llama-3.3-70b-instruct', 'Standard_NC24ads_A100_v4', 'deny'],
    ['llama-3.3-70b-instruct', 'Standard_NC48ads_A100_v4', 'warn'],
    ['llama-3.3-70b-instruct', 'Standard_NC96ads_A100_v4', 'ok'],
  ] as const)('%s on %s: %s', (name, size, expected) => {
    const preset = findPreset(builtInCatalog, name)
    if (preset === undefined) throw new Error(`no preset ${name}`)
    const instance = sku(size)
    expect(fitInference(estimateInference({ preset, gpus: instance.gpuCount }), instance)).toBe(expected)
  })
})

describe('cheapest', () => {
  it('finds the cheapest that is still sold, of NVIDIA and accepted', () => {
    expect(cheapest(builtInCatalog, 'azure', () => true)?.name).toBe('Standard_NC4as_T4_v3')
    expect(cheapest(builtInCatalog, 'aws', () => true)?.name).toBe('g6.xlarge')
    expect(cheapest(builtInCatalog, 'azure', (one) => (one.computeCapability ?? 0) >= 8)?.name).toBe(
      'Standard_NV36ads_A10_v5',
    )
    expect(cheapest(builtInCatalog, 'azure', (one) => one.gpuModel.includes('V100'))).toBeUndefined()
  })

  it('takes the smallest where there are no prices', () => {
    expect(cheapest(builtInCatalog, 'arc', () => true)?.gpuMemoryGiB).toBe(16)
    expect(cheapest(builtInCatalog, 'azure', (one) => one.gpuMemoryGiB / one.gpuCount > 80)?.gpuMemoryGiB).toBe(94)
  })
})

describe('hourlyPrice', () => {
  it('multiplies the list price, and says nothing where there is none', () => {
    expect(hourlyPrice(sku('p4d.24xlarge', 'aws'), 2)).toEqual({
      usdPerHour: 43.915284,
      region: 'us-east-1',
      asOf: '2026-07-20',
      source: 'price list of karpenter-provider-aws',
    })
    expect(hourlyPrice(sku('Standard_NC4_A2', 'arc'), 1)).toBeUndefined()
  })
})

describe('breakdownText', () => {
  it('leaves small parts out of the text but not out of the sum', () => {
    const parts = [
      { name: 'a', gib: 1 },
      { name: 'b', gib: 0.04 },
      { name: 'c', gib: 0.02 },
    ]
    expect(breakdownText(parts)).toBe('a 1.0 = 1.1 GiB')
    expect(breakdownText([])).toBe('0.0 GiB')
  })
})
