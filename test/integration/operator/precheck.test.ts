import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import type { WorkspaceStatus } from '#src/api/status.ts'
import { eventually } from '#test/support/eventually.ts'
import { type Operator, type Rig, remove, startRig, verdict } from '#test/support/operator-rig.ts'
import { ended, type PretendKubelet, pretendKubelet, running } from '#test/support/pretend-kubelet.ts'
import { namespaceWithSecret } from '#test/support/tuning-runs.ts'
import { TUNED_DIGEST, TUNED_IMAGE, tuningSpec } from '#test/support/workspaces.ts'

let rig: Rig
let kubelet: PretendKubelet
let operator: Operator

beforeAll(async () => {
  rig = await startRig({ nodeProvisioner: 'karpenter', tuningPrecheck: 'always' })
  kubelet = pretendKubelet(rig.client)
  operator = await rig.operator()
})
afterAll(() => rig?.stop())

const claims = async (namespace: string) =>
  (await rig.list('NodeClaim')).filter(({ metadata }) => metadata.labels?.['kaito.sh/workspacenamespace'] === namespace)

const jobsOf = async (namespace: string, component: string) =>
  (await rig.list('Job', namespace)).filter(({ metadata }) => metadata.labels?.['kaito.sh/component'] === component)

const checkOf = (namespace: string, except = ''): Promise<K8sObject> =>
  eventually('a Job that checks', async () =>
    (await jobsOf(namespace, 'precheck')).find(({ metadata }) => metadata.name !== except),
  )

const until = (namespace: string, want: string): Promise<WorkspaceStatus> =>
  eventually(`TuningPrechecked ${want}`, async () => {
    const status = await rig.status(namespace, 'tune')
    return verdict(status, 'TuningPrechecked') === want ? status : undefined
  })

const messageOf = (status: WorkspaceStatus, type = 'TuningPrechecked') =>
  status.conditions?.find((condition) => condition.type === type)?.message ?? ''

async function checking() {
  const namespace = await namespaceWithSecret(rig)
  await rig.create(namespace, 'tune', tuningSpec())
  return { namespace, job: await checkOf(namespace) }
}

const DATA = { rows: 9, kept: 7, cut: 1, evaluated: 0, lossOn: 'answers', dropped: [], sources: [], unused: [] }
const FORESEEN = { tokens: { rows: 7, median: 212, p95: 640, most: 1300 }, steps: 18, weights: 6_291_456 }
const fetched = ended('fetch', 0, { result: {} })
const checked = ended('check', 0, { result: { faults: [], data: { ...DATA, ...FORESEEN } } })
const probed = ended('probe', 0, { result: { image: TUNED_IMAGE } })

async function pass(job: K8sObject): Promise<string> {
  const pod = await kubelet.startPod(job, { phase: 'Succeeded', init: [fetched], main: [checked, probed] })
  await kubelet.completeJob(job)
  return pod
}

const touch = (namespace: string, annotations: Readonly<Record<string, string>>) =>
  rig.client.merge({ kind: 'Workspace', namespace, name: 'tune' }, { metadata: { annotations } })

/** Long enough for an operator to do what it should not. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 2_000))

describe('the check before a run', () => {
  it('comes before any node, and what it has found is told from then on', async () => {
    const { namespace, job } = await checking()
    const spec = (job['spec'] as { template: { spec: Record<string, { name: string }[]> } }).template.spec
    expect(spec['initContainers']?.map(({ name }) => name)).toEqual(['fetch'])
    expect(spec['containers']?.map(({ name }) => name)).toEqual(['check', 'probe'])
    expect(JSON.stringify(spec)).not.toContain('nvidia.com/gpu')
    const pod = await kubelet.startPod(job, { init: [fetched], main: [running('check'), probed] })
    await until(namespace, 'False Prechecking')
    await aWhile()
    expect(await claims(namespace)).toEqual([])
    await kubelet.setPod(namespace, pod, { phase: 'Succeeded', init: [fetched], main: [checked, probed] })
    await kubelet.completeJob(job)
    const status = await until(namespace, 'True Prechecked')
    expect(messageOf(status)).toMatch(/7 rows.*212 tokens a row.*about 18 steps.*push to registry\.example\.com/)
    expect(status.precheck).toMatchObject({ passed: true, data: { ...DATA, ...FORESEEN } })
    const claim = await eventually('a NodeClaim', async () => (await claims(namespace))[0])
    await kubelet.joinNode(`node-${claim.metadata.name}`, claim.metadata.labels)
    const run = await eventually('the run', async () => (await jobsOf(namespace, 'tuning'))[0])
    // Its Job and pods are cleaned away: nothing of it is done again.
    await remove(rig.client, { kind: 'Job', namespace, name: job.metadata.name })
    await remove(rig.client, { kind: 'Pod', namespace, name: pod })
    const trained = ended('train', 0, { result: { data: DATA } })
    const pushed = ended('push', 0, { result: { image: TUNED_IMAGE, digest: TUNED_DIGEST } })
    await kubelet.startPod(run, { phase: 'Succeeded', init: [fetched, trained], main: [pushed] })
    await kubelet.completeJob(run)
    const done = await eventually('it has succeeded', async () => {
      const now = await rig.status(namespace, 'tune')
      return now.state === 'Succeeded' && now.tuning?.image !== undefined ? now : undefined
    })
    expect(done.tuning?.data).toMatchObject({ ...DATA, ...FORESEEN })
    expect(verdict(done, 'TuningPrechecked')).toBe('True Prechecked')
    expect(await jobsOf(namespace, 'precheck')).toEqual([])
  })

  const said = (reason: string, message: string) => ({ reason, message })
  const found = (reason: string, message: string) => ended('check', 0, { result: { faults: [said(reason, message)] } })
  it.for([
    ['DatasetUnreachable', [ended('fetch', 0, said('DatasetUnreachable', 'answered 404'))], [checked, probed]],
    ['DatasetInvalid', [fetched], [found('DatasetInvalid', 'row 7 has no messages'), probed]],
    ['BaseModelUnavailable', [fetched], [found('BaseModelUnavailable', 'gated repo, 401'), probed]],
    ['ConfigInvalid', [fetched], [found('ConfigInvalid', 'target_modules names q_proj'), probed]],
    ['PushDenied', [fetched], [checked, ended('probe', 0, said('PushDenied', 'UNAUTHORIZED'))]],
    ['PushFailed', [fetched], [checked, ended('probe', 0, said('PushFailed', 'does not resolve'))]],
    ['PullDenied', [ended('pull-weights', 0, said('PullDenied', 'DENIED'))], [checked, probed]],
    ['PrecheckFailed', [fetched], [found('PrecheckFailed', 'KeyError'), probed]],
  ] as const)('finds %s: no node is asked for, and what to do is said', async ([reason, init, main]) => {
    const { namespace, job } = await checking()
    await kubelet.startPod(job, { phase: 'Succeeded', init, main })
    await kubelet.completeJob(job)
    const status = await until(namespace, `False ${reason}`)
    expect(status.state).toBe('Failed')
    expect(verdict(status, 'Ready')).toBe(`False ${reason}`)
    expect(messageOf(status)).toContain(`kubectl annotate workspace tune -n ${namespace} kaito.sh/retry=1 --overwrite`)
    await aWhile()
    expect(await claims(namespace)).toEqual([])
    expect(await jobsOf(namespace, 'tuning')).toEqual([])
  })

  it.for([
    ['OOMKilled', { reason: 'OOMKilled', exitCode: 137 }, 'OOMKilled', 'JSON lines'],
    [
      'an error of its own',
      { reason: 'Error', exitCode: 1, message: 'Traceback: ImportError' },
      'PrecheckFailed',
      'Trac',
    ],
  ] as const)('that ends by %s says so', async ([, terminated, reason, words]) => {
    const { namespace, job } = await checking()
    await kubelet.startPod(job, { phase: 'Failed', init: [fetched], main: [{ name: 'check', state: { terminated } }] })
    await kubelet.failJob(job, 'BackoffLimitExceeded', 'Job has reached the specified backoff limit')
    expect(messageOf(await until(namespace, `False ${reason}`))).toContain(words)
    expect(await claims(namespace)).toEqual([])
  })

  it('is done again for another value of the annotation, and once only', async () => {
    const { namespace, job } = await checking()
    const denied = ended('probe', 0, said('PushDenied', 'UNAUTHORIZED'))
    await kubelet.startPod(job, { phase: 'Succeeded', init: [fetched], main: [checked, denied] })
    await kubelet.completeJob(job)
    await until(namespace, 'False PushDenied')
    await touch(namespace, { 'kaito.sh/retry': '1' })
    const again = await checkOf(namespace, job.metadata.name)
    await eventually('the first goes', async () => (await jobsOf(namespace, 'precheck')).length === 1)
    expect((await until(namespace, 'False Prechecking')).state).toBe('Pending')
    await pass(again)
    await until(namespace, 'True Prechecked')
    await eventually('a NodeClaim', async () => (await claims(namespace))[0])
  })

  it('is done again where what it found went with its pod', async () => {
    const { namespace, job } = await checking()
    await kubelet.completeJob(job)
    const ref = { kind: 'Job' as const, namespace, name: job.metadata.name }
    const before = (await rig.client.get(ref))?.metadata.uid
    await eventually(
      'another Job of the same name',
      async () => {
        const uid = (await rig.client.get(ref))?.metadata.uid
        return uid !== undefined && uid !== before
      },
      60_000,
    )
    expect(await claims(namespace)).toEqual([])
  }, 90_000)

  it('of what is no longer asked for goes at once', async () => {
    const { namespace, job } = await checking()
    const input = { urls: ['https://datasets.example.com/other.jsonl'] }
    await rig.client.merge({ kind: 'Workspace', namespace, name: 'tune' }, { tuning: { input } })
    await checkOf(namespace, job.metadata.name)
    await eventually('the first goes', async () => (await jobsOf(namespace, 'precheck')).length === 1)
  })

  it('is made once however often its operator is killed, and nothing is bought meanwhile', async () => {
    const namespace = await namespaceWithSecret(rig)
    for (const afterMs of [0, 100]) {
      await operator.kill()
      const starting = rig.operator()
      if (afterMs === 0) await rig.create(namespace, 'tune', tuningSpec())
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      operator = await starting
    }
    const job = await checkOf(namespace)
    await aWhile()
    expect(await jobsOf(namespace, 'precheck')).toHaveLength(1)
    expect(await claims(namespace)).toEqual([])
    await operator.kill()
    await pass(job)
    operator = await rig.operator()
    await until(namespace, 'True Prechecked')
    expect((await jobsOf(namespace, 'precheck')).map(({ metadata }) => metadata.uid)).toEqual([job.metadata.uid])
  }, 300_000)

  it('is left out for a run that began before there was one', async () => {
    await operator.stop()
    const older = await rig.operator('older', { tuningPrecheck: 'never' })
    const namespace = await namespaceWithSecret(rig)
    await rig.create(namespace, 'tune', tuningSpec())
    const claim = await eventually('a NodeClaim', async () => (await claims(namespace))[0])
    await kubelet.joinNode(`node-${claim.metadata.name}`, claim.metadata.labels)
    const run = await eventually('the run', async () => (await jobsOf(namespace, 'tuning'))[0])
    await older.stop()
    operator = await rig.operator()
    await kubelet.startPod(run, { init: [fetched, running('train')] })
    await eventually(
      'it trains',
      async () => verdict(await rig.status(namespace, 'tune'), 'JobStarted') === 'True Training',
    )
    expect(await jobsOf(namespace, 'precheck')).toEqual([])
    expect(verdict(await rig.status(namespace, 'tune'), 'TuningPrechecked')).toBeUndefined()
  }, 300_000)
})
