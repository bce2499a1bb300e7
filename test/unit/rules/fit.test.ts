import { describe, expect, it } from 'vitest'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { findPreset } from '#src/catalog/catalog.ts'
import { attentionOf } from '#src/estimate/parallel.ts'
import { VLLM_VERSION } from '#src/inference/vllm-flags.ts'
import { engineFaults, LIMITS } from '#test/support/engine-judge.ts'
import { allPairs, pairOf, UPSTREAM_EXAMPLES, UPSTREAM_ON_SEVERAL_NODES } from '#test/support/fit-pairs.ts'

const pairs = allPairs()

const pair = ([model, type]: readonly [string, string]) => {
  const preset = findPreset(builtInCatalog, model)
  const sku = builtInCatalog.skus.find(({ name }) => name === type)
  if (preset === undefined || sku === undefined) throw new Error(`${model} on ${type}`)
  return { preset, sku, pair: pairOf(preset, sku) }
}

describe('every model on every instance type', () => {
  it('is judged by the limits of the pinned server', () => {
    expect(LIMITS.version).toBe(VLLM_VERSION)
    expect(pairs.length).toBeGreaterThan(1500)
  })

  it('that is admitted is not refused by the engine', () => {
    const wrong = pairs.filter(({ refused, faults }) => refused.length === 0 && faults.length > 0)
    expect(wrong.map(({ model, type, faults }) => `${model} on ${type}: ${faults.join(', ')}`)).toEqual([])
  })

  it('that is refused lacks memory, or the engine refuses it, too', () => {
    const wrong = pairs.filter(
      ({ refused, faults }) => refused.length > 0 && !refused.includes('memory.too-small') && faults.length === 0,
    )
    expect(wrong.map(({ model, type, refused }) => `${model} on ${type}: ${refused.join(', ')}`)).toEqual([])
  })

  it('that is admitted uses every GPU, or a warning says which not', () => {
    const idle = pairs.filter(({ refused, idle: unused, warned }) => {
      return refused.length === 0 && unused > 0 && !warned.includes('inference.idle-gpus')
    })
    expect(idle).toEqual([])
  })

  it('is of a model whose heads are known', () => {
    const unknown = builtInCatalog.presets.filter((preset) => !preset.retired && attentionOf(preset) === undefined)
    expect(unknown.map(({ name }) => name)).toEqual([])
  })
})

describe('the judge of the engine', () => {
  it('finds what is wrong: heads that are left over, and number formats that a GPU or a method lacks', () => {
    const { preset, sku } = pair(['phi-4', 'Standard_ND96isr_H100_v5'])
    const split = { tensor: 8, data: 1, pipeline: 1, gpus: 8 }
    expect(engineFaults({ preset, sku, split, isHalf: false })).toEqual(['10 key/value heads over 8'])
    const one = { tensor: 1, data: 1, pipeline: 1, gpus: 1 }
    const t4 = pair(['gemma-3-4b-instruct', 'Standard_NC4as_T4_v3'])
    expect(engineFaults({ ...t4, split: one, isHalf: true })).toEqual(['gemma3 does not support float16'])
    expect(engineFaults({ ...t4, split: one, isHalf: false })).toEqual(['bfloat16 needs 8.0'])
    const oss = pair(['gpt-oss-20b', 'Standard_NC4as_T4_v3'])
    expect(engineFaults({ ...oss, split: one, isHalf: true })).toEqual(['mxfp4 needs 8', 'mxfp4 does not take float16'])
  })
})

describe('what upstream publishes as an example', () => {
  it.each(UPSTREAM_EXAMPLES)('is not refused: %s on %s', (...example) => {
    const { refused, faults } = pair(example).pair
    expect([refused, faults]).toEqual([[], []])
  })

  it.each(UPSTREAM_ON_SEVERAL_NODES)('is refused only for the memory of one node: %s on %s', (...example) => {
    expect(pair(example).pair.refused).toEqual(['memory.too-small'])
  })
})
