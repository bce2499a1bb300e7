import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adapterParameters, moduleShape } from '#src/catalog/architecture.ts'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { findPreset } from '#src/catalog/catalog.ts'
import { breakdownText } from '#src/estimate/breakdown.ts'
import { estimateTuning, type TuningInput } from '#src/estimate/tuning.ts'
import { PUBLISHED } from './published.ts'

function input(preset: string, rest: Partial<TuningInput> = {}): TuningInput {
  const { architecture, tuning } = findPreset(builtInCatalog, preset) ?? {}
  if (architecture === undefined || tuning === undefined) throw new Error(`${preset} cannot be tuned`)
  const { targetModules } = tuning
  return { architecture, targetModules, method: 'qlora', rank: 16, batchSize: 1, maxLength: 2048, ...rest }
}

describe('adapterParameters', () => {
  it.each([
    ['phi-3-mini-128k-instruct', 25.2],
    ['llama-3.1-8b-instruct', 41.9],
    ['llama-3.3-70b-instruct', 207.1],
  ])('gives %s %d million weights at rank 16', (preset, millions) => {
    const { architecture, targetModules } = input(preset)
    expect(adapterParameters(architecture, 16, targetModules) / 1e6).toBeCloseTo(millions, 1)
  })

  it('counts a fused matrix less than its parts, because they share the narrow one', () => {
    const { architecture } = input('phi-4')
    const fused = adapterParameters(architecture, 16, ['qkv_proj', 'gate_up_proj'])
    const split = adapterParameters(architecture, 16, ['q_proj', 'k_proj', 'v_proj', 'gate_proj', 'up_proj'])
    expect(split - fused).toBe(3 * 16 * 5120 * 40)
  })

  it('counts a module once however often it is named, and an unknown one not at all', () => {
    const { architecture } = input('phi-4')
    expect(adapterParameters(architecture, 16, ['o_proj', 'o_proj', 'constructor'])).toBe(
      adapterParameters(architecture, 16, ['o_proj']),
    )
    expect(moduleShape(architecture, 'k_proj')).toEqual({ input: 5120, output: 1280, copies: 40 })
  })
})

describe('estimateTuning', () => {
  it.each([
    ['phi-3-mini-128k-instruct', { maxLength: 2048 }, [2.2, 4.8, 5.7]],
    ['phi-3-mini-128k-instruct', { maxLength: 4096 }, [2.2, 6.0, 7.1]],
    ['phi-3-mini-128k-instruct', { method: 'lora' }, [7.2, 10.2, 11.7]],
    ['llama-3.1-8b-instruct', {}, [5.5, 8.7, 10.1]],
    ['llama-3.1-8b-instruct', { method: 'lora' }, [15.1, 19.0, 21.4]],
    ['llama-3.3-70b-instruct', {}, [37.6, 46.7, 51.9]],
  ] as const)('expects of %s with %o low, mid and high of %o GiB', (preset, rest, [low, mid, high]) => {
    const estimate = estimateTuning(input(preset, rest))
    expect(estimate.low).toBeCloseTo(low, 0.9)
    expect(estimate.mid).toBeCloseTo(mid, 0.9)
    expect(estimate.high).toBeCloseTo(high, 0.9)
  })

  it('adds its parts up to the middle, and shows the sum', () => {
    const estimate = estimateTuning(input('phi-3-mini-128k-instruct'))
    expect(estimate.parts.reduce((sum, part) => sum + part.gib, 0)).toBeCloseTo(estimate.mid, 9)
    expect(breakdownText(estimate.parts)).toMatch(
      /^weights 2\.1 \+ adapter and optimizer 0\.2 \+ activations 0\.7 \+ logits 0\.5 \+ .* = 4\.8 GiB$/,
    )
  })

  it('grows with rank, batch, length and without checkpointing, and low ≤ mid ≤ high', () => {
    const run = fc.record({
      rank: fc.integer({ min: 1, max: 512 }),
      batchSize: fc.integer({ min: 1, max: 64 }),
      maxLength: fc.integer({ min: 16, max: 131_072 }),
      method: fc.constantFrom('lora', 'qlora'),
    })
    fc.assert(
      fc.property(run, (rest) => {
        const base = estimateTuning(input('qwen2.5-coder-7b-instruct', rest))
        expect(base.low).toBeLessThanOrEqual(base.mid)
        expect(base.mid).toBeLessThanOrEqual(base.high)
        for (const more of [
          { rank: rest.rank + 1 },
          { batchSize: rest.batchSize + 1 },
          { maxLength: rest.maxLength + 1 },
          { gradientCheckpointing: false },
        ]) {
          const bigger = estimateTuning(input('qwen2.5-coder-7b-instruct', { ...rest, ...more }))
          expect(bigger.mid).toBeGreaterThan(base.mid)
        }
      }),
    )
  })
})

/** Bounds on the error per source, percent: [mean, mean absolute]. Loose enough for a re-fit, tight enough to see a slip. */
const BOUNDS: Readonly<Record<string, readonly [mean: number, absolute: number]>> = {
  'Qwen lora': [8, 8],
  'Qwen qlora': [6, 12],
  'LLaMA-Factory': [2, 2],
  'QLoRA paper': [13, 13],
  'Unsloth minimum': [7, 19],
}

describe('published peaks', () => {
  const rows = PUBLISHED.map((row) => ({ ...row, estimate: estimateTuning(row.input) }))

  it('are never below the estimate that denies', () => {
    expect(rows.filter((row) => row.estimate.low > row.gib).map((row) => row.run)).toEqual([])
  })

  it('are above the estimate that promises no trouble in 11 of 53 rows at most', () => {
    expect(rows).toHaveLength(53)
    expect(rows.filter((row) => row.estimate.high < row.gib).length).toBeLessThanOrEqual(11)
  })

  it.each(Object.entries(BOUNDS))('are met on average for %s', (source, [mean, absolute]) => {
    const errors = rows.filter((row) => row.source === source).map((row) => 100 * (row.estimate.mid / row.gib - 1))
    const average = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
    const found = { mean: average(errors), absolute: average(errors.map(Math.abs)) }
    console.log(`${source}: n=${errors.length} mean ${found.mean.toFixed(1)} % absolute ${found.absolute.toFixed(1)} %`)
    expect(Math.abs(found.mean)).toBeLessThanOrEqual(mean)
    expect(found.absolute).toBeLessThanOrEqual(absolute)
  })
})
