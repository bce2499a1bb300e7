import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import { startByoRig } from '#test/support/byo-rig.ts'
import { eventually } from '#test/support/eventually.ts'
import { type Rig, secret, verdict } from '#test/support/operator-rig.ts'
import { inferenceSpec, tuningSpec } from '#test/support/workspaces.ts'

let rig: Rig

beforeAll(async () => {
  ;({ rig } = await startByoRig())
  await rig.operator()
})
afterAll(() => rig?.stop())

/** A pod of somebody else, on a node already. */
const holder = (namespace: string, nodeName: string): K8sObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'notebook', namespace },
  spec: {
    nodeName,
    containers: [{ name: 'a', image: 'example.com/a', resources: { limits: { 'nvidia.com/gpu': '1' } } }],
  },
})

const ready = async (namespace: string, name: string) => {
  const status = await rig.status(namespace, name)
  return status?.conditions?.find(({ type }) => type === 'ResourceReady')
}

describe('a Workspace on nodes whose GPUs others hold', () => {
  it('waits without a pod of its own, says who holds them, and starts when they are free', async () => {
    const [theirs, ours] = [await rig.namespace(), await rig.namespace()]
    const [node] = await rig.list('Node')
    if (node === undefined) throw new Error('the rig has no node')
    await rig.client.create(holder(theirs, node.metadata.name))
    await rig.client.create(secret(ours, 'push-secret'))
    await rig.create(ours, 'serve', inferenceSpec())
    await rig.create(ours, 'tune', tuningSpec())
    for (const name of ['serve', 'tune']) {
      const waiting = await eventually(`${name} waits`, async () => {
        const condition = await ready(ours, name)
        return condition?.reason === 'GpuInUse' ? condition : undefined
      })
      expect(waiting.message).toContain(`held by ${theirs}/notebook (1)`)
    }
    expect([await rig.list('StatefulSet', ours), await rig.list('Job', ours)]).toEqual([[], []])
    // No kubelet ends it here.
    const pod = { kind: 'Pod' as const, namespace: theirs, name: 'notebook' }
    await rig.client.merge(pod, { status: { phase: 'Succeeded' } }, { subresource: 'status' })
    await eventually('the server is there', async () => (await rig.list('StatefulSet', ours)).length === 1, 60_000)
    await eventually('the run is there', async () => (await rig.list('Job', ours)).length === 1, 60_000)
    await eventually('it says so', async () => {
      return verdict(await rig.status(ours, 'serve'), 'ResourceReady') === 'True NodesReady'
    })
  }, 120_000)
})
