import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import { JUDGED_CLOUDS, launchedTypes } from '#test/support/karpenter-judge.ts'
import { admittedOn, claimsOf, settingsOf } from '#test/support/karpenter-worlds.ts'
import { type Rig, startRig } from '#test/support/operator-rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig({})
})
afterAll(() => rig?.stop())

describe("an apiserver with Karpenter's own definition of a NodeClaim", () => {
  it.for(JUDGED_CLOUDS)('admits the claim for each type of %s', async (cloud) => {
    const settings = settingsOf(cloud)
    for (const sku of launchedTypes(cloud)) {
      const [one] = admittedOn(sku, settings)
      if (one === undefined) continue
      for (const claim of claimsOf(one.workspace, settings)) {
        const made = await rig.client.create(claim as K8sObject)
        expect(made['spec'], sku.name).toEqual(claim['spec'])
        await rig.client.delete({ kind: 'NodeClaim', name: claim.metadata.name })
      }
    }
  })

  it("refuses one that requires a label which is Karpenter's own", async () => {
    const settings = settingsOf('azure')
    const [one] = launchedTypes('azure').flatMap((sku) => admittedOn(sku, settings))
    const [claim] = one === undefined ? [] : claimsOf(one.workspace, settings)
    if (claim === undefined) throw new Error('no claim')
    const { requirements, ...spec } = claim['spec'] as { readonly requirements: readonly object[] }
    const own = { key: 'karpenter.sh/initialized', operator: 'In', values: ['true'] }
    const wrong: K8sObject = { ...claim, spec: { ...spec, requirements: [...requirements, own] } }
    await expect(rig.client.create(wrong as K8sObject)).rejects.toThrow('label domain "karpenter.sh" is restricted')
  })
})
