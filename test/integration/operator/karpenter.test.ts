import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { K8sObject, ObjectMeta } from '#src/api/objects.ts'
import { eventually, settled } from '#test/support/eventually.ts'
import { type Operator, type Rig, secret, startRig, verdict } from '#test/support/operator-rig.ts'
import { ended, type PretendKubelet, pretendKubelet } from '#test/support/pretend-kubelet.ts'
import { namespaceWithSecret, theJob } from '#test/support/tuning-runs.ts'
import { inferenceSpec, TUNED_DIGEST, TUNED_IMAGE, tuningSpec } from '#test/support/workspaces.ts'

let rig: Rig
let kubelet: PretendKubelet
let operator: Operator

beforeAll(async () => {
  rig = await startRig({ nodeProvisioner: 'karpenter' })
  kubelet = pretendKubelet(rig.client)
  operator = await rig.operator()
})
afterAll(() => rig?.stop())

const claims = async (namespace: string) =>
  (await rig.list('NodeClaim')).filter(
    ({ metadata }) => labelsOf(metadata)['kaito.sh/workspacenamespace'] === namespace,
  )

const claimOf = (name: string, labels: Readonly<Record<string, string>>): K8sObject => ({
  apiVersion: 'karpenter.sh/v1',
  kind: 'NodeClaim',
  metadata: { name, labels },
  spec: { nodeClassRef: { group: 'karpenter.azure.com', kind: 'AKSNodeClass', name: 'default' }, requirements: [] },
})

const labelsOf = ({ labels = {} }: ObjectMeta) => labels

/** Karpenter's part: a node with the claim's labels. */
async function provision(namespace: string, name: string): Promise<void> {
  const claim = await eventually('a NodeClaim', async () => (await claims(namespace))[0])
  await kubelet.joinNode(`node-${claim.metadata.name}`, labelsOf(claim.metadata))
  expect(labelsOf(claim.metadata)['kaito.sh/workspace']).toBe(name)
}

describe('with Karpenter', () => {
  it('a tuning run gets a node of its own, and gives it back when it is done', async () => {
    const namespace = await namespaceWithSecret(rig)
    await rig.create(namespace, 'tune', tuningSpec())
    const pending = await eventually('it waits for its claim', async () => {
      const status = await rig.status(namespace, 'tune')
      return verdict(status, 'ResourceReady') === 'False NodeClaimPending' ? status : undefined
    })
    expect(pending.state).toBe('Pending')
    expect(await rig.list('Job', namespace)).toEqual([])
    await provision(namespace, 'tune')
    const job = await theJob(rig, namespace)
    const pushed = ended('push', 0, { result: { image: TUNED_IMAGE, digest: TUNED_DIGEST } })
    await kubelet.startPod(job, { phase: 'Succeeded', main: [pushed] })
    await kubelet.completeJob(job)
    await eventually('the claim is given back', async () => (await claims(namespace)).length === 0)
    const status = await eventually('it has succeeded', async () => {
      const now = await rig.status(namespace, 'tune')
      return verdict(now, 'Ready') === 'True Succeeded' && now.tuning?.image !== undefined ? now : undefined
    })
    expect(status.tuning?.image).toContain(TUNED_DIGEST)
    // And it stays so: a finished run asks for no node again.
    await rig.client.merge(
      { kind: 'Workspace', namespace, name: 'tune' },
      { metadata: { labels: { looked: 'again' } } },
    )
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect(await claims(namespace)).toEqual([])
    expect(await rig.list('Job', namespace)).toHaveLength(1)
  })

  it('no node is paid for while the push Secret is missing', async () => {
    const namespace = await rig.namespace()
    await rig.create(namespace, 'tune', tuningSpec())
    await eventually('it says so', async () => {
      return verdict(await rig.status(namespace, 'tune'), 'Ready') === 'False SecretMissing'
    })
    expect(await claims(namespace)).toEqual([])
    await rig.client.create(secret(namespace, 'push-secret'))
    await eventually('a NodeClaim', async () => (await claims(namespace))[0])
  })

  it('the cloud says why there is no node, in the Workspace', async () => {
    const namespace = await rig.namespace()
    await rig.create(namespace, 'serve', inferenceSpec())
    const claim = await eventually('a NodeClaim', async () => (await claims(namespace))[0])
    // As Karpenter says it: not False, for it tries again.
    const launched = {
      type: 'Launched',
      status: 'Unknown',
      reason: 'LaunchFailed',
      message: 'no capacity in eastus',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    }
    const ref = { kind: 'NodeClaim' as const, name: claim.metadata.name }
    await rig.client.merge(ref, { status: { conditions: [launched] } }, { subresource: 'status' })
    const status = await eventually('it says so', async () => {
      const now = await rig.status(namespace, 'serve')
      return verdict(now, 'Ready') === 'False NodeClaimFailed' ? now : undefined
    })
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toContain('no capacity in eastus')
  })

  it('nodes are claimed in batches: none beyond the first ones while these do not join, and the rest as they do', async () => {
    const namespace = await rig.namespace()
    const spec = inferenceSpec()
    await rig.create(namespace, 'many', { ...spec, resource: { labelSelector: {}, ...spec.resource, count: 6 } })
    await eventually('the first batch', async () => (await claims(namespace)).length === 4)
    const condition = (type: string, more: object) => ({ type, lastTransitionTime: '2026-01-02T03:04:05Z', ...more })
    const tell = (claim: K8sObject, ...conditions: object[]) =>
      rig.client.merge(
        { kind: 'NodeClaim', name: claim.metadata.name },
        { status: { conditions } },
        { subresource: 'status' },
      )
    const [one, two, ...others] = await claims(namespace)
    if (one === undefined || two === undefined) throw new Error('no claims')
    // The cloud's quota: seen on the first ones.
    const quota = { status: 'Unknown', reason: 'LaunchFailed', message: 'quota of 4 nodes exceeded' }
    await tell(one, condition('Launched', quota))
    const status = await eventually('it says so', async () => {
      const now = await rig.status(namespace, 'many')
      return verdict(now, 'Ready') === 'False CloudQuotaExceeded' ? now : undefined
    })
    const said = status.conditions?.find(({ type }) => type === 'Ready')?.message
    expect(said).toMatch(/quota of 4 nodes exceeded\. Ask the cloud .*; 2 more are claimed as these join/)
    expect(await settled('the claims', async () => (await claims(namespace)).length, 2_000)).toBe(4)
    const joined = ['Launched', 'Registered'].map((type) =>
      condition(type, { status: 'True', reason: type, message: '' }),
    )
    await tell(one, ...joined)
    await eventually('a fifth', async () => (await claims(namespace)).length === 5)
    await tell(two, ...joined)
    await eventually('all', async () => (await claims(namespace)).length === 6)
    expect(others).toHaveLength(2)
  }, 60_000)

  it('a NodeClaim of an earlier Workspace of the same name is given back, and is not its own', async () => {
    const namespace = await rig.namespace()
    const labels = {
      'kaito.sh/workspace': 'serve',
      'kaito.sh/workspacenamespace': namespace,
      'kaito.sh/workspace-uid': 'b0a7f4d6-4ae5-4b0e-9a33-0d6a6a1d5a01',
      'app.kubernetes.io/managed-by': 'kaito-ts',
    }
    await rig.create(namespace, 'serve', inferenceSpec())
    const [own] = await eventually('its claim', async () => {
      const found = await claims(namespace)
      return found.length === 1 ? found : undefined
    })
    await rig.client.create(claimOf(`of-an-earlier-one-${namespace}`, labels))
    await eventually('only its own is left', async () => {
      const left = await claims(namespace)
      return left.length === 1 && left[0]?.metadata.uid === own?.metadata.uid
    })
  })

  it('a deleted Workspace leaves no NodeClaim behind, even when it is deleted at once or the operator is killed', async () => {
    for (const afterMs of [0, 50, 300]) {
      const namespace = await rig.namespace()
      await rig.create(namespace, 'serve', inferenceSpec())
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      await rig.client.delete({ kind: 'Workspace', namespace, name: 'serve' })
      await eventually('it is gone', async () => (await rig.workspace(namespace, 'serve')) === undefined)
      // A claim may still be made by a reconcile that had begun before; then it is given back.
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      await eventually('no claim is left', async () => (await claims(namespace)).length === 0)
    }
    const namespace = await rig.namespace()
    await rig.create(namespace, 'serve', inferenceSpec())
    await eventually('a NodeClaim', async () => (await claims(namespace))[0])
    await operator.kill()
    await rig.client.delete({ kind: 'Workspace', namespace, name: 'serve' })
    operator = await rig.operator()
    await eventually('it is gone', async () => (await rig.workspace(namespace, 'serve')) === undefined)
    expect(await claims(namespace)).toEqual([])
  }, 90_000)

  it('a NodeClaim whose Workspace is gone is given back', async () => {
    const namespace = await rig.namespace()
    const name = 'ws012345678-0'
    const labels = {
      'kaito.sh/workspace': 'gone',
      'kaito.sh/workspacenamespace': namespace,
      'app.kubernetes.io/managed-by': 'kaito-ts',
    }
    await rig.client.create(claimOf(name, labels))
    await eventually('it is given back', async () => (await claims(namespace)).length === 0)
  })

  it('a NodeClaim that somebody else made is left alone', async () => {
    const namespace = await rig.namespace()
    const labels = { 'kaito.sh/workspace': 'gone', 'kaito.sh/workspacenamespace': namespace }
    await rig.client.create(claimOf(`theirs-${namespace}`, labels))
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect(await claims(namespace)).toHaveLength(1)
  })
})
