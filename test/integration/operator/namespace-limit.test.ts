import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FINALIZER } from '#src/api/labels.ts'
import type { K8sObject } from '#src/api/objects.ts'
import { eventually, settled } from '#test/support/eventually.ts'
import { type Operator, type Rig, startRig, verdict } from '#test/support/operator-rig.ts'
import { ended, type PretendKubelet, pretendKubelet } from '#test/support/pretend-kubelet.ts'
import { namespaceWithSecret, theJob } from '#test/support/tuning-runs.ts'
import { inferenceSpec, TUNED_DIGEST, TUNED_IMAGE, tuningSpec } from '#test/support/workspaces.ts'

const LIMIT = 4

let rig: Rig
let kubelet: PretendKubelet
let operator: Operator

beforeAll(async () => {
  rig = await startRig({ nodeProvisioner: 'karpenter', maxNodesPerNamespace: LIMIT, namespaceNodes: { 'test-1': 1 } })
  kubelet = pretendKubelet(rig.client)
  operator = await rig.operator()
})
afterAll(() => rig?.stop())

const labelsOf = ({ metadata }: K8sObject) => metadata.labels ?? {}

const claims = async (namespace: string) =>
  (await rig.list('NodeClaim')).filter((claim) => labelsOf(claim)['kaito.sh/workspacenamespace'] === namespace)

const wanting = (count: number) => {
  const spec = inferenceSpec()
  return { ...spec, resource: { labelSelector: {}, ...spec.resource, count } }
}

/** Looks all the time, for a moment counts. */
function watchMost(namespace: string) {
  let most = 0
  let isWatching = true
  const end = (async () => {
    while (isWatching) {
      most = Math.max(most, (await claims(namespace)).length)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  return async () => {
    isWatching = false
    await end
    return most
  }
}

const verdicts = async (namespace: string) => {
  const workspaces = await rig.list('Workspace', namespace)
  const found = workspaces.map(async ({ metadata: { name } }) => [name, await rig.status(namespace, name)] as const)
  return new Map(await Promise.all(found))
}

const waitingIn = async (namespace: string) =>
  [...(await verdicts(namespace))].filter(([, status]) => verdict(status, 'Ready') === 'False QuotaExceeded')

describe('a limit of nodes for a namespace', () => {
  it('of its own is taken for the one of all others', async () => {
    const namespace = await rig.namespace()
    expect(namespace).toBe('test-1')
    await rig.create(namespace, 'a', inferenceSpec())
    await eventually('its claim', async () => (await claims(namespace)).length === 1)
    await rig.create(namespace, 'b', inferenceSpec())
    await eventually('the other waits', async () => (await waitingIn(namespace)).length === 1)
    expect(await claims(namespace)).toHaveLength(1)
  })

  it('holds when ten Workspaces come at once, and while the operator is killed and others go', async () => {
    const namespace = await rig.namespace()
    const most = watchMost(namespace)
    const names = Array.from({ length: 10 }, (_, index) => `w-${index}`)
    await Promise.all(names.map((name) => rig.create(namespace, name, inferenceSpec())))
    await eventually('six wait', async () => (await waitingIn(namespace)).length === 6)
    expect(await settled('the claims', async () => (await claims(namespace)).length, 2_000)).toBe(LIMIT)
    const [first] = await waitingIn(namespace)
    const message = first?.[1].conditions?.find(({ type }) => type === 'Ready')?.message
    expect(message).toMatch(/^1 node is asked for, and other Workspaces of namespace test-\d+ hold 4 of 4 \(4\/4\)/)
    // Whoever has nodes keeps them; the others come in turn as these go, also under an operator that has just started.
    await operator.kill()
    const holding = new Set((await claims(namespace)).map((claim) => labelsOf(claim)['kaito.sh/workspace'] ?? ''))
    const [gone, next] = [...holding]
    await rig.client.delete({ kind: 'Workspace', namespace, name: gone ?? '' })
    operator = await rig.operator()
    await eventually('one more has a node', async () => (await waitingIn(namespace)).length === 5)
    await rig.client.delete({ kind: 'Workspace', namespace, name: next ?? '' })
    await eventually('and another', async () => (await waitingIn(namespace)).length === 4)
    const after = await settled('the claims', async () => (await claims(namespace)).length, 2_000)
    expect([after, await most()]).toEqual([LIMIT, LIMIT])
    const stay = [...holding].slice(2)
    const now = (await claims(namespace)).map((claim) => labelsOf(claim)['kaito.sh/workspace'])
    expect(stay.filter((name) => !now.includes(name))).toEqual([])
  }, 90_000)

  it('is all or nothing for each, and no large one holds up those that fit', async () => {
    const namespace = await rig.namespace()
    const most = watchMost(namespace)
    await rig.create(namespace, 'three', wanting(3))
    await eventually('three claims', async () => (await claims(namespace)).length === 3)
    await rig.create(namespace, 'two', wanting(2))
    await rig.create(namespace, 'five', wanting(5))
    await eventually('both wait', async () => (await waitingIn(namespace)).length === 2)
    await rig.create(namespace, 'one', inferenceSpec())
    await eventually('the one that fits', async () => (await claims(namespace)).length === 4)
    const five = (await rig.status(namespace, 'five')).conditions?.find(({ type }) => type === 'Ready')?.message
    expect(five).toContain('Ask for fewer nodes in a new Workspace, or let an administrator raise')
    await rig.client.delete({ kind: 'Workspace', namespace, name: 'three' })
    await eventually('the next', async () => {
      const now = (await claims(namespace)).map((claim) => labelsOf(claim)['kaito.sh/workspace'])
      return now.toSorted().join() === 'one,two,two'
    })
    expect(await most()).toBe(LIMIT)
  }, 60_000)

  it('counts nodes until they are gone: a Workspace that is deleted may still drain them', async () => {
    const namespace = await rig.namespace()
    await rig.create(namespace, 'old', wanting(4))
    const made = await eventually('its claims', async () => {
      const found = await claims(namespace)
      return found.length === 4 ? found : undefined
    })
    // As Karpenter holds them until the machines are gone.
    const held = 'karpenter.sh/termination'
    const refs = made.map(({ metadata }) => ({ kind: 'NodeClaim' as const, name: metadata.name }))
    for (const ref of refs) await rig.client.merge(ref, { metadata: { finalizers: [held] } })
    await rig.client.delete({ kind: 'Workspace', namespace, name: 'old' })
    await eventually('it is gone', async () => (await rig.workspace(namespace, 'old')) === undefined)
    await rig.create(namespace, 'new', inferenceSpec())
    await eventually('the new one waits', async () => (await waitingIn(namespace)).length === 1)
    expect(await settled('the claims', async () => (await claims(namespace)).length, 1_000)).toBe(4)
    for (const ref of refs) await rig.client.merge(ref, { metadata: { finalizers: null } })
    await eventually('it has its node', async () => (await claims(namespace)).length === 1)
  }, 60_000)

  it('is given back by a run that has ended', async () => {
    const namespace = await namespaceWithSecret(rig)
    await rig.create(namespace, 'tune', tuningSpec())
    const claim = await eventually('a NodeClaim', async () => (await claims(namespace))[0])
    await rig.create(namespace, 'serve', wanting(4))
    await eventually('it waits', async () => (await waitingIn(namespace)).length === 1)
    await kubelet.joinNode(`node-${claim.metadata.name}`, labelsOf(claim))
    const job = await theJob(rig, namespace)
    const pushed = ended('push', 0, { result: { image: TUNED_IMAGE, digest: TUNED_DIGEST } })
    await kubelet.startPod(job, { phase: 'Succeeded', main: [pushed] })
    await kubelet.completeJob(job)
    await eventually('the next has its nodes', async () => (await claims(namespace)).length === 4)
    expect((await rig.workspace(namespace, 'serve'))?.metadata.finalizers).toEqual([FINALIZER])
  }, 60_000)

  it('keeps no place for a run that lacks its Secret', async () => {
    const namespace = await rig.namespace()
    await rig.create(namespace, 'tune', tuningSpec())
    await eventually(
      'it says so',
      async () => verdict(await rig.status(namespace, 'tune'), 'Ready') === 'False SecretMissing',
    )
    await rig.create(namespace, 'serve', wanting(4))
    await eventually('all nodes', async () => (await claims(namespace)).length === 4)
  })
})
