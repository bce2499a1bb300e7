import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '#test/support/eventually.ts'
import { type Rig, secret, startRig, verdict } from '#test/support/operator-rig.ts'
import { ended, type PretendKubelet, pretendKubelet, running } from '#test/support/pretend-kubelet.ts'
import { TUNED_DIGEST, TUNED_IMAGE, tuningSpec } from '#test/support/workspaces.ts'

let rig: Rig
let kubelet: PretendKubelet

beforeAll(async () => {
  rig = await startRig({ nodeProvisioner: 'byo' })
  kubelet = pretendKubelet(rig.client)
  await kubelet.joinNode('gpu-1')
})
afterAll(() => rig?.stop())

async function namespaceWithSecret(): Promise<string> {
  const namespace = await rig.namespace()
  await rig.client.create(secret(namespace, 'push-secret'))
  return namespace
}

const theJob = (namespace: string, timeoutMs: number) =>
  eventually('the Job is there', async () => (await rig.list('Job', namespace))[0], timeoutMs)

const queued = (namespace: string) =>
  eventually('queued', async () => verdict(await rig.status(namespace, 'tune'), 'JobStarted') === 'False Queued')

/** Waits until the operator has had time to do a thing twice, then counts. */
async function jobsAtRest(namespace: string): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  return (await rig.list('Job', namespace)).length
}

describe('an operator that is killed', () => {
  it('starts no second Job, whenever it is killed after the Workspace was created', async () => {
    for (const afterMs of [0, 20, 60, 200]) {
      const namespace = await namespaceWithSecret()
      const operator = await rig.operator()
      await rig.create(namespace, 'tune', tuningSpec())
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      await operator.kill()
      const next = await rig.operator()
      // The task may be locked by the dead worker: 10 s of lock, and up to 10 s until another looks.
      await theJob(namespace, 40_000)
      expect(await jobsAtRest(namespace)).toBe(1)
      await next.kill()
    }
  }, 240_000)

  it('has its queued run started by its successor', async () => {
    const namespace = await namespaceWithSecret()
    const allowJobs = await rig.forbidJobs(namespace)
    const operator = await rig.operator()
    await rig.create(namespace, 'tune', tuningSpec())
    await queued(namespace)
    await operator.kill()
    expect(await rig.list('Job', namespace)).toEqual([])
    await allowJobs()
    const next = await rig.operator()
    await theJob(namespace, 40_000)
    expect(await jobsAtRest(namespace)).toBe(1)
    await next.kill()
  }, 120_000)

  it('has its running run followed to the end by its successor', async () => {
    const namespace = await namespaceWithSecret()
    const operator = await rig.operator()
    await rig.create(namespace, 'tune', tuningSpec())
    const job = await theJob(namespace, 40_000)
    const pod = await kubelet.startPod(job, { init: [ended('fetch', 0, {}), running('train')] })
    const isTraining = async () => verdict(await rig.status(namespace, 'tune'), 'JobStarted') === 'True Training'
    await eventually('it trains', isTraining)
    await operator.kill()
    const pushed = ended('push', 0, { result: { image: TUNED_IMAGE, digest: TUNED_DIGEST } })
    await kubelet.setPod(namespace, pod, { phase: 'Succeeded', main: [pushed] })
    await kubelet.completeJob(job)
    const next = await rig.operator()
    const status = await eventually('it has succeeded', async () => {
      const now = await rig.status(namespace, 'tune')
      return verdict(now, 'Ready') === 'True Succeeded' && now.tuning?.image !== undefined ? now : undefined
    })
    expect(status.tuning?.image).toContain(TUNED_DIGEST)
    expect(await jobsAtRest(namespace)).toBe(1)
    await next.kill()
  }, 120_000)
})

describe('a Redis that forgets everything', () => {
  it('costs a queued run at most half a minute', async () => {
    const namespace = await namespaceWithSecret()
    const allowJobs = await rig.forbidJobs(namespace)
    const operator = await rig.operator()
    await rig.create(namespace, 'tune', tuningSpec())
    await queued(namespace)
    const redis = new Redis(rig.redis.url)
    await redis.flushall()
    redis.disconnect()
    await allowJobs()
    await theJob(namespace, 30_000)
    expect(await jobsAtRest(namespace)).toBe(1)
    await operator.kill()
  }, 90_000)

  it('is gone for a while: the Workspace says queued, and its Job comes once Redis is back', async () => {
    const namespace = await namespaceWithSecret()
    const operator = await rig.operator()
    await rig.redis.kill()
    await rig.create(namespace, 'tune', tuningSpec())
    await eventually(
      'queued',
      async () => verdict(await rig.status(namespace, 'tune'), 'JobStarted') === 'False Queued',
      5_000,
    )
    // Admission does without Redis, and unready pods get no admission requests.
    expect(await operator.isReady()).toBe(true)
    await rig.redis.start()
    await theJob(namespace, 30_000)
    expect(await jobsAtRest(namespace)).toBe(1)
    await operator.kill()
  }, 90_000)
})

describe('two operators at once', () => {
  it('start one Job for each of ten Workspaces, also when the leader is killed among them', async () => {
    const namespace = await namespaceWithSecret()
    const operators = await Promise.all([rig.operator('operator-a'), rig.operator('operator-b')])
    const names = Array.from({ length: 10 }, (_, index) => `tune-${index}`)
    await Promise.all(names.slice(0, 5).map((name) => rig.create(namespace, name, tuningSpec())))
    await eventually('five Jobs', async () => (await rig.list('Job', namespace)).length === 5, 40_000)
    const lease = await rig.client.get({ kind: 'Lease', namespace: 'kaito-system', name: 'kaito-ts' })
    const holder = (lease?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity
    expect(['operator-a', 'operator-b']).toContain(holder)
    await operators[holder === 'operator-a' ? 0 : 1].kill()
    await Promise.all(names.slice(5).map((name) => rig.create(namespace, name, tuningSpec())))
    await eventually('ten Jobs', async () => (await rig.list('Job', namespace)).length >= 10, 60_000)
    expect(await jobsAtRest(namespace)).toBe(10)
    for (const operator of operators) await operator.kill()
  }, 150_000)
})
