import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { defined } from '#src/lib/defined.ts'
import { startByoRig } from '#test/support/byo-rig.ts'
import { eventually, settled } from '#test/support/eventually.ts'
import { type Rig, verdict } from '#test/support/operator-rig.ts'
import { ended, type PretendKubelet, running } from '#test/support/pretend-kubelet.ts'
import { namespaceWithSecret, theJob } from '#test/support/tuning-runs.ts'
import { inferenceSpec, TUNED_DIGEST, TUNED_IMAGE, tuningSpec } from '#test/support/workspaces.ts'

let rig: Rig
let kubelet: PretendKubelet
/** Where somebody has made a Job under the name of a run before its operator could: by its labels, if it has any. */
const squatted = new Map<string, string>()

beforeAll(async () => {
  ;({ rig, kubelet } = await startByoRig())
  for (const labels of [{}, ours('tune')]) {
    const namespace = await namespaceWithSecret(rig)
    await rig.create(namespace, 'tune', tuningSpec())
    const workspace = await rig.workspace(namespace, 'tune')
    if (workspace === undefined) throw new Error('no Workspace')
    await rig.client.create(strangersJob(namespace, tuningJobName(workspace), labels))
    squatted.set(JSON.stringify(labels), namespace)
  }
  await rig.operator()
})
afterAll(() => rig?.stop())

/** The labels that this operator's own objects of a Workspace have. */
function ours(name: string) {
  const workspace = { 'kaito.sh/workspace': name, 'kaito.sh/component': 'tuning' }
  return { ...workspace, 'app.kubernetes.io/managed-by': 'kaito-ts' }
}

const pause = { restartPolicy: 'Never', containers: [{ name: 'pause', image: 'pause' }] }

const strangersJob = (namespace: string, name: string, labels: Readonly<Record<string, string>>): K8sObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { namespace, name, labels },
  spec: { template: { spec: pause } },
})

/** A pod like one of a Workspace's, but for its owner. */
const forgedPod = (namespace: string, labels: Readonly<Record<string, string>>, nodeName?: string): K8sObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name: 'forged', labels },
  spec: { ...pause, ...defined({ nodeName }) },
})

const verdictOf = async (namespace: string, name: string, type: string) =>
  verdict(await rig.status(namespace, name), type)

describe("a Job of somebody else's under the name of a run", () => {
  it.for<[string, Readonly<Record<string, string>>]>([
    ['that says nothing of itself', {}],
    ["that wears the operator's labels", ours('tune')],
  ])('%s is named and left alone, and the run starts once it is gone', { timeout: 90_000 }, async ([, labels]) => {
    const namespace = squatted.get(JSON.stringify(labels)) ?? ''
    const before = await theJob(rig, namespace)
    await eventually('it says so', async () => (await verdictOf(namespace, 'tune', 'Ready')) === 'False NameTaken')
    const message = (await rig.status(namespace, 'tune')).conditions?.find(({ type }) => type === 'Ready')?.message
    expect(message).toContain(`Job ${before.metadata.name} is there already and nobody has marked as theirs`)
    expect(await settled('it', async () => theJob(rig, namespace), 3_000)).toEqual(before)
    await rig.client.delete({ kind: 'Job', namespace, name: before.metadata.name })
    const own = await eventually(
      'its own Job',
      async () => (await rig.list('Job', namespace)).find(({ metadata }) => metadata.ownerReferences !== undefined),
      30_000,
    )
    expect(own.metadata.name).toBe(before.metadata.name)
    await eventually('it goes on', async () => (await verdictOf(namespace, 'tune', 'Ready')) === 'False JobPending')
  })
})

describe("a pod that wears a Workspace's labels", () => {
  it('says nothing of its run: neither trouble nor a result', async () => {
    const namespace = await namespaceWithSecret(rig)
    await rig.create(namespace, 'tune', tuningSpec())
    const job = await theJob(rig, namespace)
    await rig.client.create(forgedPod(namespace, { ...ours('tune'), 'job-name': job.metadata.name }))
    const forged = { image: 'registry.example.com/forged:1', digest: `sha256:${'f'.repeat(64)}` }
    await kubelet.setPod(namespace, 'forged', { phase: 'Failed', main: [ended('push', 0, { result: forged })] })
    await kubelet.startPod(job, { init: [running('train')] })
    const training = () => verdictOf(namespace, 'tune', 'JobStarted')
    await eventually('it trains', async () => (await training()) === 'True Training')
    expect(await settled('it', training, 3_000)).toBe('True Training')
    const pushed = ended('push', 0, { result: { image: TUNED_IMAGE, digest: TUNED_DIGEST } })
    await kubelet.startPod(job, { phase: 'Succeeded', main: [pushed] })
    await kubelet.completeJob(job)
    const image = await eventually('it is done', async () => (await rig.status(namespace, 'tune')).tuning?.image)
    expect(image).toContain(TUNED_DIGEST)
  }, 60_000)

  it('says nothing of its server, and gives it no node', async () => {
    const namespace = await rig.namespace()
    await rig.create(namespace, 'serve', inferenceSpec())
    await eventually('it starts', async () => (await verdictOf(namespace, 'serve', 'Ready')) === 'False ServerStarting')
    await kubelet.joinNode('foreign', { apps: 'something-else' })
    const labels = { 'kaito.sh/workspace': 'serve', 'kaito.sh/component': 'inference' }
    await rig.client.create(forgedPod(namespace, labels, 'foreign'))
    await kubelet.setPod(namespace, 'forged', { main: [ended('server', 1, { message: 'forged' })] })
    const status = await settled('it', async () => rig.status(namespace, 'serve'), 4_000)
    expect(verdict(status, 'Ready')).toBe('False ServerStarting')
    expect(status.workerNodes).toEqual(['gpu-1'])
  }, 60_000)
})
