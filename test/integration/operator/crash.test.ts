import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startByoRig } from '#test/support/byo-rig.ts'
import { eventually } from '#test/support/eventually.ts'
import { type Rig, verdict } from '#test/support/operator-rig.ts'
import { ended, type PretendKubelet, running } from '#test/support/pretend-kubelet.ts'
import { jobsAtRest, namespaceWithSecret, queued, theJob } from '#test/support/tuning-runs.ts'
import { TUNED_DIGEST, TUNED_IMAGE, tuningSpec } from '#test/support/workspaces.ts'

let rig: Rig
let kubelet: PretendKubelet

beforeAll(async () => {
  ;({ rig, kubelet } = await startByoRig())
})
afterAll(() => rig?.stop())

describe('an operator that is killed', () => {
  it('starts no second Job, whenever it is killed after the Workspace was created', async () => {
    for (const afterMs of [0, 20, 60, 200]) {
      const namespace = await namespaceWithSecret(rig)
      const operator = await rig.operator()
      await rig.create(namespace, 'tune', tuningSpec())
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      await operator.kill()
      const next = await rig.operator()
      // The task may be locked by the dead worker: 10 s of lock, and up to 10 s until another looks.
      await theJob(rig, namespace, 40_000)
      expect(await jobsAtRest(rig, namespace)).toBe(1)
      await next.kill()
    }
  }, 240_000)

  it('has its queued run started by its successor', async () => {
    const namespace = await namespaceWithSecret(rig)
    const allowJobs = await rig.forbidJobs(namespace)
    const operator = await rig.operator()
    await rig.create(namespace, 'tune', tuningSpec())
    await queued(rig, namespace)
    await operator.kill()
    expect(await rig.list('Job', namespace)).toEqual([])
    await allowJobs()
    const next = await rig.operator()
    await theJob(rig, namespace, 40_000)
    expect(await jobsAtRest(rig, namespace)).toBe(1)
    await next.kill()
  }, 120_000)

  it('has its running run followed to the end by its successor', async () => {
    const namespace = await namespaceWithSecret(rig)
    const operator = await rig.operator()
    await rig.create(namespace, 'tune', tuningSpec())
    const job = await theJob(rig, namespace, 40_000)
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
    expect(await jobsAtRest(rig, namespace)).toBe(1)
    await next.kill()
  }, 120_000)
})
