import { beforeAll, describe, expect, it } from 'vitest'
import { askKarpenter, JUDGED_CLOUDS, type Judged, launchedTypes } from '#test/support/karpenter-judge.ts'
import { type Admitted, admittedOn, claimsOf, podOf, settingsOf, withSelector } from '#test/support/karpenter-worlds.ts'

/** What a claim asks for, to be changed. */
interface Spec {
  requirements: { key: string; operator: string; values: string[] }[]
  resources?: { requests: Record<string, string> }
}

describe.for(JUDGED_CLOUDS)('Karpenter, asked about the NodeClaims on %s', (cloud) => {
  const settings = settingsOf(cloud)
  const types = launchedTypes(cloud).map(({ name }) => name)
  let admitted: readonly Admitted[]
  beforeAll(() => {
    admitted = launchedTypes(cloud).flatMap((sku) => admittedOn(sku, settings))
  })

  it('has something to judge: each type with NVIDIA GPUs serves and tunes some preset', () => {
    for (const sku of launchedTypes(cloud).filter(({ vendor }) => vendor === 'nvidia')) {
      const purposes = admitted.filter(({ type }) => type === sku.name).map(({ purpose }) => purpose)
      expect(new Set(purposes), sku.name).toEqual(new Set(['inference', 'tuning']))
    }
  })

  it('launches exactly the type that a Workspace names, and its pod runs there', async () => {
    const asked = admitted.flatMap((one) =>
      claimsOf(one.workspace, settings).map((claim) => ({
        name: one.name,
        claim,
        pod: podOf(one.workspace, claim, settings),
      })),
    )
    const { verdicts } = await askKarpenter(cloud, { claims: asked })
    expect(verdicts).toHaveLength(admitted.length)
    const wanted = admitted.map(({ name, type }) => ({ name, problems: [], fits: [type], podMisfits: {} }))
    expect(verdicts.map(({ misfits: _, ...rest }) => rest)).toEqual(wanted)
  }, 120_000)

  it('launches nothing, or something else, for a claim that is wrong', async () => {
    const [one] = admitted
    if (one === undefined) throw new Error('nothing is admitted')
    const judge = async (change: (spec: Spec) => void): Promise<Judged | undefined> => {
      const [claim] = structuredClone(claimsOf(one.workspace, settings))
      if (claim === undefined) throw new Error('no claim')
      change(claim['spec'] as Spec)
      return (await askKarpenter(cloud, { claims: [{ name: one.name, claim }] })).verdicts[0]
    }
    // The old fault: a resource that no type has.
    const storage = await judge((spec) => {
      spec.resources = { requests: { storage: '80Gi' } }
    })
    expect(storage?.fits).toEqual([])
    expect(storage?.misfits[one.type]).toContain('"storage":"80Gi"')
    // More disk than the NodeClass gives, of the resource that types do have.
    const disk = await judge((spec) => {
      spec.resources = { requests: { 'ephemeral-storage': '4Ti' } }
    })
    expect(disk?.fits).toEqual([])
    const otherCase = await judge((spec) => {
      for (const each of spec.requirements) each.values = each.values.map((value) => value.toLowerCase())
    })
    expect(otherCase?.fits).toEqual([one.type].filter((type) => type === type.toLowerCase()))
    const misspelt = await judge((spec) => {
      spec.requirements = spec.requirements
        .filter(({ key }) => !key.endsWith('/sku-name'))
        .map((each) => ({ ...each, key: each.key.replace('instance-type', 'instancetype') }))
    })
    expect(misspelt?.fits).toEqual(types)
    const restricted = await judge((spec) => {
      spec.requirements.push({ key: 'karpenter.sh/instance-type', operator: 'In', values: [one.type] })
    })
    expect(restricted?.problems.join()).toContain('using label karpenter.sh/instance-type is not allowed')
    const unknownField = await judge((spec) => Object.assign(spec, { instanceType: one.type }))
    expect(unknownField?.problems.join()).toContain('unknown field "instanceType"')
  })

  it('runs no pod on a node that lacks one of its labels', async () => {
    const [one] = admitted
    if (one === undefined) throw new Error('nothing is admitted')
    const [claim] = claimsOf(one.workspace, settings)
    if (claim === undefined) throw new Error('no claim')
    const pod = podOf(withSelector(one.workspace, { app: 'phi-3' }), claim, settings)
    const { verdicts } = await askKarpenter(cloud, { claims: [{ name: one.name, claim, pod }] })
    expect(verdicts[0]?.podMisfits[one.type]).toContain('label "app" does not have known values')
  })
})
