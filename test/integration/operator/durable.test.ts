import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import { startByoRig } from '#test/support/byo-rig.ts'
import { eventually } from '#test/support/eventually.ts'
import { type Operator, type Rig, verdict } from '#test/support/operator-rig.ts'
import { ended, type PretendKubelet, running } from '#test/support/pretend-kubelet.ts'
import { namespaceWithSecret, theJob } from '#test/support/tuning-runs.ts'
import { TUNED_DIGEST, TUNED_IMAGE, tuningSpec } from '#test/support/workspaces.ts'

let rig: Rig
let kubelet: PretendKubelet
let operator: Operator

const SETTINGS = { tuningVolume: { enabled: true, storageClass: 'fast', size: '5Gi' } }

beforeAll(async () => {
  ;({ rig, kubelet } = await startByoRig())
  operator = await rig.operator('operator-0', SETTINGS)
})
afterAll(() => rig?.stop())

const jobs = async (namespace: string) =>
  (await rig.list('Job', namespace)).map(({ metadata }) => metadata.name).toSorted()
const claims = (namespace: string) => rig.list('PersistentVolumeClaim', namespace)
const jobNamed = (namespace: string, pattern: RegExp): Promise<K8sObject> =>
  eventually(`a Job ${pattern}`, async () =>
    (await rig.list('Job', namespace)).find(({ metadata }) => pattern.test(metadata.name)),
  )
const until = (namespace: string, type: string, want: string) =>
  eventually(`${type} ${want}`, async () => {
    const status = await rig.status(namespace, 'tune')
    return verdict(status, type) === want ? status : undefined
  })
const retry = (namespace: string, value: string) =>
  rig.client.merge(
    { kind: 'Workspace', namespace, name: 'tune' },
    { metadata: { annotations: { 'kaito.sh/retry': value } } },
  )

describe('a tuning Workspace with a volume', () => {
  it('is trained once, pushed by a Job of its own, and pushed alone once more when that is asked for', async () => {
    const namespace = await namespaceWithSecret(rig)
    await rig.create(namespace, 'tune', tuningSpec())
    const training = await theJob(rig, namespace)
    const [claim] = await claims(namespace)
    expect(claim?.metadata).toMatchObject({ name: training.metadata.name, ownerReferences: [{ kind: 'Workspace' }] })
    expect(claim?.['spec']).toMatchObject({
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      resources: { requests: { storage: '5Gi' } },
    })
    const trained = { init: [ended('fetch', 0, { result: {} })], main: [ended('train', 0, { result: { steps: 1 } })] }
    const pod = await kubelet.startPod(training, { ...trained, main: [running('train')] })
    await until(namespace, 'JobStarted', 'True Training')
    await kubelet.setPod(namespace, pod, { phase: 'Succeeded', ...trained })
    await kubelet.completeJob(training)

    const push = await jobNamed(namespace, /^tune-push-[0-9a-f]{10}$/)
    const status = await until(namespace, 'JobStarted', 'True Pushing')
    expect(verdict(status, 'ResourceReady')).toBe('True NodesReady')
    expect(status.conditions?.find(({ type }) => type === 'ResourceReady')?.message).toContain('the training has ended')
    const refused = ended('push', 64, { reason: 'ConfigInvalid', message: 'no such name' })
    await kubelet.startPod(push, { phase: 'Failed', main: [refused] })
    await kubelet.failJob(push, 'PodFailurePolicy', 'exit code 64')
    const failed = await eventually('it has failed', async () => {
      const now = await rig.status(namespace, 'tune')
      return now.state === 'Failed' && verdict(now, 'Ready') === 'False ConfigInvalid' ? now : undefined
    })
    const message = failed.conditions?.find(({ type }) => type === 'Ready')?.message
    expect(message).toContain(
      `The adapter is safe on its volume. To push it once more: kubectl annotate workspace tune`,
    )
    expect(message).toContain('kaito.sh/retry=2')

    // By another process: what is asked for is in the Workspace alone.
    await operator.kill()
    await retry(namespace, '2')
    operator = await rig.operator('operator-0', SETTINGS)
    const again = await jobNamed(namespace, /^tune-push-[0-9a-f]{10}-2$/)
    const pushed = ended('push', 0, { result: { image: TUNED_IMAGE, digest: TUNED_DIGEST, bytes: 1 } })
    await kubelet.startPod(again, { phase: 'Succeeded', main: [pushed] })
    await kubelet.completeJob(again)
    const done = await eventually('it has succeeded', async () => {
      const now = await rig.status(namespace, 'tune')
      return now.state === 'Succeeded' && now.tuning?.image !== undefined ? now : undefined
    })
    expect(done.tuning).toMatchObject({ try: 2, retry: '2', image: expect.stringContaining(TUNED_DIGEST) })
    // Nobody here lets go of a claim that no pod uses any more.
    await eventually('the claim is given back', async () =>
      (await claims(namespace)).every(({ metadata }) => metadata.deletionTimestamp !== undefined),
    )
    expect(await jobs(namespace)).toEqual([push, again, training].map(({ metadata }) => metadata.name).toSorted())
  }, 120_000)

  it('trains once more where the training has failed, for each new value once', async () => {
    const namespace = await namespaceWithSecret(rig)
    await rig.create(namespace, 'tune', tuningSpec())
    const first = await theJob(rig, namespace)
    const failing = async (job: K8sObject) => {
      const end = ended('train', 69, { reason: 'TrainingFailed', message: 'no' })
      await kubelet.startPod(job, { phase: 'Failed', init: [ended('fetch', 0, { result: {} })], main: [end] })
      await kubelet.failJob(job, 'PodFailurePolicy', 'exit code 69')
      await until(namespace, 'Ready', 'False TrainingFailed')
      await eventually('it is written down', async () => (await rig.status(namespace, 'tune')).state === 'Failed')
    }
    await failing(first)
    await retry(namespace, 'a')
    const second = await jobNamed(namespace, /-2$/)
    expect(second.metadata.name).toBe(`${first.metadata.name}-2`)
    expect((await until(namespace, 'JobStarted', 'False JobPending')).tuning).toMatchObject({ try: 2, retry: 'a' })
    expect(await claims(namespace)).toHaveLength(1)
    await failing(second)
    await operator.kill()
    operator = await rig.operator('operator-0', SETTINGS)
    await retry(namespace, 'a')
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect(await jobs(namespace)).toEqual([first.metadata.name, second.metadata.name])
    await rig.client.delete({ kind: 'Workspace', namespace, name: 'tune' })
    await eventually('it is gone', async () => (await rig.workspace(namespace, 'tune')) === undefined)
  }, 120_000)
})
