import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '#test/support/eventually.ts'
import { karpenterCrd } from '#test/support/karpenter-judge.ts'
import { type Operator, type Rig, startRig, verdict } from '#test/support/operator-rig.ts'
import { createDefinition } from '#test/support/other-kinds.ts'
import { inferenceSpec } from '#test/support/workspaces.ts'

let rig: Rig
let operator: Operator

beforeAll(async () => {
  rig = await startRig({ nodeProvisioner: 'karpenter' }, { withKarpenter: false })
  operator = await rig.operator()
})
afterAll(() => rig?.stop())

const resourceMessage = async (namespace: string) =>
  (await rig.status(namespace, 'serve')).conditions?.find(({ type }) => type === 'ResourceReady')?.message ?? ''

describe("without Karpenter's definitions", () => {
  it('the operator is ready, and says in /readyz and in its log what is missing and what to set', async () => {
    expect(await operator.isReady()).toBe(true)
    expect(await operator.readyz()).toMatch(/\[!\]provisioner: .*karpenter\.sh\/v1.*settings\.nodeProvisioner=byo/)
    // The log is written in batches, so it may come a moment later.
    const warnings = () =>
      operator
        .log()
        .split('\n')
        .filter((line) => line.includes('nodeProvisioner=byo'))
    await eventually('the warning', async () => warnings().length > 0)
    expect(warnings()).toHaveLength(1)
  })

  it('a Workspace says so, goes on by itself once they are installed, and can be deleted in both states', async () => {
    const namespace = await rig.namespace()
    for (const name of ['serve', 'gone']) await rig.create(namespace, name, inferenceSpec())
    await eventually('it says so', async () => {
      return verdict(await rig.status(namespace, 'serve'), 'ResourceReady') === 'False NodeProvisionerMissing'
    })
    expect(await resourceMessage(namespace)).toContain('settings.nodeProvisioner=byo')
    await rig.client.delete({ kind: 'Workspace', namespace, name: 'gone' })
    await eventually('it is gone', async () => (await rig.workspace(namespace, 'gone')) === undefined)

    await createDefinition(rig.http, await karpenterCrd())
    const claim = await eventually('a NodeClaim', async () => (await rig.list('NodeClaim').catch(() => []))[0], 60_000)
    expect(claim.metadata.name).toMatch(/^ws[0-9a-f]{9}-0$/)
    expect(await operator.readyz()).not.toContain('provisioner')
    await rig.client.delete({ kind: 'Workspace', namespace, name: 'serve' })
    await eventually('the claim is given back', async () => (await rig.list('NodeClaim')).length === 0)
  }, 120_000)
})

describe('with nodes that are brought', () => {
  it('a claim made before the provisioner was changed is given back with its Workspace', async () => {
    const namespace = await rig.namespace()
    await rig.create(namespace, 'serve', inferenceSpec())
    await eventually('a NodeClaim', async () => (await rig.list('NodeClaim'))[0])
    await operator.stop()
    operator = await rig.operator('operator-1', { nodeProvisioner: 'byo' })
    await rig.client.delete({ kind: 'Workspace', namespace, name: 'serve' })
    await eventually('it is gone', async () => (await rig.workspace(namespace, 'serve')) === undefined)
    expect(await rig.list('NodeClaim')).toEqual([])
  })
})
