import { describe, expect, it } from 'vitest'
import { findSku } from '#src/catalog/catalog.ts'
import { needOn } from '#src/reading/memory-need.ts'
import { facts, tuning } from '../rules/sample.ts'

/** GiB that the adapters of one run take with their optimizer, on a GPU of the catalog. */
function adapters(instanceType: string, method: string): number {
  const sku = findSku(facts.catalog, 'azure', instanceType)
  if (!sku) throw new Error(`no ${instanceType}`)
  const need = needOn({ ...tuning, tuning: { input: {}, output: {}, ...tuning.tuning, method } }, facts, sku)
  if (need?.kind !== 'tuning') throw new Error('no estimate')
  return need.estimate.parts.find(({ name }) => name === 'adapter and optimizer')?.gib ?? 0
}

describe('the memory of adapters', () => {
  it('is that of fp32 for qlora where the GPU has no bf16', () => {
    const [t4, a100] = ['Standard_NC4as_T4_v3', 'Standard_NC24ads_A100_v4'] as const
    expect(adapters(a100, 'qlora')).toBeGreaterThan(0)
    expect(adapters(t4, 'qlora')).toBeCloseTo(2 * adapters(a100, 'qlora'), 6)
    expect(adapters(t4, 'lora')).toBeCloseTo(adapters(a100, 'lora'), 6)
  })
})
