import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { findSku } from '#src/catalog/catalog.ts'
import { cheapestFor, needOn } from '#src/reading/memory-need.ts'
import { withDefaults } from '#src/rules/defaults.ts'
import { anyFacts, anyWorkspace } from './any-workspace.ts'
import { adapter, byo, cpuTemplate, facts, from, gpuTemplate, serving, servingWith, tuning } from './sample.ts'

const { instanceType: _, count: __, ...bare } = serving.resource ?? { labelSelector: {} }
const untyped = (workspace: Workspace): Workspace => ({ ...workspace, resource: bare })

describe('withDefaults', () => {
  it('fills in count, access mode, strength and method', () => {
    const { preset, input, output } = tuning.tuning ?? { input: {}, output: {} }
    const name = preset?.name ?? ''
    const tuned = withDefaults({ ...tuning, tuning: { preset: { name }, input, output } }, facts)
    expect(tuned.tuning?.method).toBe('lora')
    expect(tuned.tuning?.preset?.accessMode).toBe('public')
    const source = adapter('a').source
    const served = withDefaults({ ...servingWith({ adapters: [{ source }] }), resource: bare }, facts)
    expect(served.inference?.adapters).toEqual([{ source, strength: '1.0' }])
    expect(served.resource?.count).toBe(1)
  })

  it('changes nothing that is complete', () => {
    expect(withDefaults(serving, facts)).toEqual(serving)
    expect(withDefaults(tuning, facts)).toEqual(tuning)
  })

  it('spells an instance type as the catalog does, and a method in lower case', () => {
    const odd = { ...tuning, tuning: { input: {}, output: {}, ...tuning.tuning, method: 'QLoRA' } }
    const resource = { ...bare, instanceType: 'STANDARD_nc24ads_a100_v4' }
    const tidy = withDefaults({ ...odd, resource }, facts)
    expect(tidy.resource?.instanceType).toBe('Standard_NC24ads_A100_v4')
    expect(tidy.tuning?.method).toBe('qlora')
  })

  it('leaves what is unknown as it was written, for the rules to complain of', () => {
    const odd = { ...tuning, tuning: { input: {}, output: {}, ...tuning.tuning, method: 'DPO' } }
    expect(withDefaults({ ...odd, resource: { ...bare, instanceType: 'my-Type' } }, facts)).toMatchObject({
      resource: { instanceType: 'my-Type' },
      tuning: { method: 'DPO' },
    })
  })

  it('chooses the cheapest instance type on which nothing is missing, and says why', () => {
    const chosen = withDefaults(untyped(tuning), facts)
    const sku = findSku(facts.catalog, 'azure', chosen.resource?.instanceType ?? '')
    if (!sku) throw new Error('no instance type was chosen')
    expect(needOn(tuning, facts, sku)?.fit).toBe('ok')
    const cheaper = facts.catalog.skus.filter(
      (each) =>
        each.cloud === 'azure' &&
        !each.retired &&
        (each.computeCapability ?? 0) >= 8 &&
        (each.price?.usdPerHour ?? 1e9) < (sku.price?.usdPerHour ?? 0),
    )
    for (const each of cheaper) expect(needOn(tuning, facts, each)?.fit, each.name).not.toBe('ok')
    expect(chosen.metadata.annotations?.['kaito.sh/defaulted-because']).toMatch(
      /cheapest of azure.*phi-3-mini-4k-instruct with qlora/,
    )
  })

  it('chooses more for a model that needs more', () => {
    const large = servingWith({ preset: { name: 'llama-3.3-70b-instruct' } })
    const sku = cheapestFor(large, facts)?.sku
    expect(withDefaults(untyped(large), facts).resource?.instanceType).toBe(sku?.name)
    expect(sku?.gpuMemoryGiB).toBeGreaterThan(140)
  })

  it("takes upstream's default for a model of unknown size", () => {
    const hub = servingWith({ preset: { name: 'someone/model' } })
    expect(withDefaults(untyped(hub), facts).resource?.instanceType).toBe('Standard_NC24ads_A100_v4')
  })

  it('pays for no GPU that a template does not ask for', () => {
    const chosenFor = (inference: NonNullable<Workspace['inference']>) =>
      withDefaults(untyped({ ...serving, inference }), facts).resource?.instanceType
    expect(chosenFor(cpuTemplate)).toBeUndefined()
    expect(chosenFor(gpuTemplate)).toBe('Standard_NC24ads_A100_v4')
  })

  it('chooses no instance type where nodes exist already', () => {
    expect(withDefaults(untyped(serving), { ...facts, ...byo }).resource?.instanceType).toBeUndefined()
  })

  it('keeps the type chosen before when a manifest without it is applied again', () => {
    const first = withDefaults(untyped(serving), facts)
    const smaller = { ...first, resource: { ...bare, count: 1, instanceType: 'Standard_NC40ads_H100_v5' } }
    const again = withDefaults(untyped(serving), { ...facts, ...from(smaller) })
    expect(again.resource?.instanceType).toBe('Standard_NC40ads_H100_v5')
  })

  it('does nothing to an object that is being deleted', () => {
    const gone = { ...untyped(serving), metadata: { name: 'phi', deletionTimestamp: '2026-11-23T00:00:00Z' } }
    expect(withDefaults(gone, facts)).toBe(gone)
  })

  it('applied twice is applied once, whatever it is applied to', () => {
    fc.assert(
      fc.property(anyWorkspace, anyFacts, (workspace, around) => {
        const known = { ...facts, ...around }
        const once = withDefaults(workspace, known)
        expect(withDefaults(once, known)).toEqual(once)
      }),
      { numRuns: 300 },
    )
  })

  it('never removes or overrules a field', () => {
    fc.assert(
      fc.property(anyWorkspace, anyFacts, (workspace, around) => {
        // An empty text is as good as absent.
        fc.pre(workspace.resource?.instanceType !== '')
        const known = { ...facts, ...around }
        const spelling = (value: unknown) => JSON.parse(JSON.stringify(value).toLowerCase())
        expect(spelling(withDefaults(workspace, known))).toMatchObject(spelling(workspace))
      }),
      { numRuns: 300 },
    )
  })
})
