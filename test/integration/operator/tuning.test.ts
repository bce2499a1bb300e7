import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { startByoRig } from '#test/support/byo-rig.ts'
import { eventually, settled } from '#test/support/eventually.ts'
import { type Operator, type Rig, remove, secret, verdict } from '#test/support/operator-rig.ts'
import { ended, type PretendKubelet, running } from '#test/support/pretend-kubelet.ts'
import { namespaceWithSecret, theJob } from '#test/support/tuning-runs.ts'
import { TUNED_DIGEST, TUNED_IMAGE, tuningSpec } from '#test/support/workspaces.ts'

let rig: Rig
let kubelet: PretendKubelet
let operator: Operator

beforeAll(async () => {
  ;({ rig, kubelet } = await startByoRig())
  operator = await rig.operator()
})
afterAll(() => rig?.stop())

/** A namespace with a tuning Workspace `tune` in it, and its Job once that is there. */
async function tuning(name = 'tune') {
  const namespace = await namespaceWithSecret(rig)
  const workspace = (await rig.create(namespace, name, tuningSpec())) as unknown as Workspace
  const job = await theJob(rig, namespace)
  return { namespace, workspace, job }
}

const until = (namespace: string, name: string, type: string, want: string, timeoutMs?: number) =>
  eventually(
    `${name} has ${type} ${want}`,
    async () => {
      const status = await rig.status(namespace, name)
      return verdict(status, type) === want ? status : undefined
    },
    timeoutMs,
  )

describe('a tuning Workspace', () => {
  it('becomes exactly one Job whose pod fetches, trains and pushes', async () => {
    const { namespace, workspace, job } = await tuning()
    expect(job.metadata.name).toBe(tuningJobName(workspace))
    const pod = (job['spec'] as { template: { spec: Record<string, { name: string }[]> } }).template.spec
    expect(pod['initContainers']?.map(({ name }) => name)).toEqual(['fetch', 'train'])
    expect(pod['containers']?.map(({ name }) => name)).toEqual(['push'])
    await until(namespace, 'tune', 'JobStarted', 'False JobPending')
    expect(await rig.list('Job', namespace)).toHaveLength(1)
    const found = await rig.workspace(namespace, 'tune')
    expect(found?.metadata.finalizers).toEqual(['workspace.finalizer.kaito.sh'])
    expect(found?.status?.workerNodes).toEqual(['gpu-1'])
  })

  it('tells the step its pod is at, and when it is done, the digest that was pushed', async () => {
    const { namespace, job } = await tuning()
    const pod = await kubelet.startPod(job, { phase: 'Pending', init: [running('fetch')] })
    expect((await until(namespace, 'tune', 'JobStarted', 'True Fetching')).state).toBe('Running')
    const fetched = ended('fetch', 0, { result: {} })
    const dropped = [{ reason: 'no answer', rows: 2 }]
    const data = { rows: 9, kept: 7, cut: 1, evaluated: 0, lossOn: 'answers', dropped, sources: [], unused: ['id'] }
    const trained = ended('train', 0, { result: { steps: 1, data } })
    await kubelet.setPod(namespace, pod, { init: [fetched, running('train')] })
    await until(namespace, 'tune', 'JobStarted', 'True Training')
    await kubelet.setPod(namespace, pod, { init: [fetched, trained], main: [running('push')] })
    const told = '2 of 9 rows are left out (2 with no answer); 1 of 7 rows are cut at max_length'
    const meanwhile = await until(namespace, 'tune', 'JobStarted', 'True Pushing')
    expect(meanwhile.conditions?.find(({ type }) => type === 'JobStarted')?.message).toContain(told)
    await eventually('an event says so', async () =>
      (await rig.list('Event', namespace)).find((event) => event['reason'] === 'RowsLeftOut' && event['note'] === told),
    )
    const pushed = ended('push', 0, { result: { image: TUNED_IMAGE, digest: TUNED_DIGEST, bytes: 1 } })
    await kubelet.setPod(namespace, pod, { phase: 'Succeeded', init: [fetched, trained], main: [pushed] })
    await kubelet.completeJob(job)
    // Pods and Jobs are watched apart: the Job's end may be seen before what its pod said.
    const status = await eventually('it has succeeded', async () => {
      const now = await rig.status(namespace, 'tune')
      return verdict(now, 'WorkspaceSucceeded') === 'True Succeeded' && now.tuning?.image !== undefined
        ? now
        : undefined
    })
    expect(status.tuning?.image).toBe(`registry.example.com/adapters/phi-3@${TUNED_DIGEST}`)
    expect(status.tuning?.data).toMatchObject(data)
    expect(status.tuning?.finishedAt).toBeDefined()
    expect(status.state).toBe('Succeeded')
    const { jobName, image, finishedAt } = status.tuning ?? {}
    const run = { job: jobName, try: 1, reason: 'Succeeded', image, finishedAt, gpus: 1 }
    expect(status.runs).toMatchObject([run])
    // Another output is another run, and the one before is remembered.
    const output = { image: 'registry.example.com/adapters/phi-3:0.0.2' }
    await rig.client.merge({ kind: 'Workspace', namespace, name: 'tune' }, { tuning: { output } })
    const next = await eventually(
      'the next run is queued, and nothing of the last one is shown as if it were its own',
      async () => {
        const now = await rig.status(namespace, 'tune')
        return now.state === 'Pending' && now.tuning?.progress === undefined && now.tuning?.image === undefined
          ? now
          : undefined
      },
    )
    expect(next.runs).toMatchObject([run])
  })

  it('names the reason that the failed step gave, and stays failed when its Job is cleaned away', async () => {
    const { namespace, job } = await tuning()
    const outcome = { reason: 'DatasetInvalid', message: 'train.jsonl: line 7 has no messages' }
    const init = [ended('fetch', 0, { result: {} }), ended('train', 65, outcome)]
    const pod = await kubelet.startPod(job, { phase: 'Failed', init })
    await kubelet.failJob(job, 'PodFailurePolicy', 'Container train for pod failed with exit code 65')
    // The pod's failure and the Job's are seen one after the other, in either order.
    const status = await eventually('it has failed for the reason that the step gave', async () => {
      const now = await rig.status(namespace, 'tune')
      return now.state === 'Failed' && verdict(now, 'Ready') === 'False DatasetInvalid' ? now : undefined
    })
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toContain('line 7 has no messages')
    await remove(rig.client, { kind: 'Pod', namespace, name: pod })
    await remove(rig.client, { kind: 'Job', namespace, name: job.metadata.name })
    // Any change makes the operator look again.
    await rig.client.merge(
      { kind: 'Workspace', namespace, name: 'tune' },
      { metadata: { labels: { looked: 'again' } } },
    )
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    const later = await rig.status(namespace, 'tune')
    expect(verdict(later, 'Ready')).toBe('False DatasetInvalid')
    expect(later.state).toBe('Failed')
    expect(await rig.list('Job', namespace)).toEqual([])
  })

  it('waits for a missing push Secret without a Job, and goes on once it is created', async () => {
    const namespace = await rig.namespace()
    await rig.create(namespace, 'tune', tuningSpec())
    const status = await until(namespace, 'tune', 'Ready', 'False SecretMissing')
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toContain('push-secret')
    expect(await rig.list('Job', namespace)).toEqual([])
    await rig.client.create(secret(namespace, 'push-secret'))
    await eventually('the Job is there', async () => (await rig.list('Job', namespace))[0], 45_000)
  }, 90_000)

  it('writes nothing while nothing changes', async () => {
    const { namespace, job } = await tuning()
    await kubelet.startPod(job, { init: [running('fetch')] })
    await until(namespace, 'tune', 'JobStarted', 'True Fetching')
    const version = async () => (await rig.workspace(namespace, 'tune'))?.metadata.resourceVersion
    const before = await settled('the Workspace', version)
    const reconciles = async () =>
      Number(/^kaito\w*reconciles\w*\{[^}]*outcome="again"[^}]*\} (\d+)/m.exec(await operator.metrics())?.[1])
    const looks = await reconciles()
    await new Promise((resolve) => setTimeout(resolve, 10_000))
    expect(await reconciles()).toBeGreaterThan(looks + 1)
    expect(await version()).toBe(before)
  })
})
