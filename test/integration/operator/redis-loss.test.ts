import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startByoRig } from '#test/support/byo-rig.ts'
import { eventually } from '#test/support/eventually.ts'
import { type Rig, verdict } from '#test/support/operator-rig.ts'
import { jobsAtRest, namespaceWithSecret, queued, theJob } from '#test/support/tuning-runs.ts'
import { tuningSpec } from '#test/support/workspaces.ts'

let rig: Rig

beforeAll(async () => {
  ;({ rig } = await startByoRig())
})
afterAll(() => rig?.stop())

describe('a Redis that forgets everything', () => {
  it('costs a queued run at most half a minute', async () => {
    const namespace = await namespaceWithSecret(rig)
    const allowJobs = await rig.forbidJobs(namespace)
    const operator = await rig.operator()
    await rig.create(namespace, 'tune', tuningSpec())
    await queued(rig, namespace)
    const redis = new Redis(rig.redis.url)
    await redis.flushall()
    redis.disconnect()
    await allowJobs()
    await theJob(rig, namespace, 30_000)
    expect(await jobsAtRest(rig, namespace)).toBe(1)
    await operator.kill()
  }, 90_000)

  it('is gone for a while: the Workspace says so, and its Job comes once Redis is back', async () => {
    const namespace = await namespaceWithSecret(rig)
    const operator = await rig.operator()
    await rig.redis.kill()
    await rig.create(namespace, 'tune', tuningSpec())
    await eventually('it says what it waits for', async () => {
      const found = verdict(await rig.status(namespace, 'tune'), 'JobStarted')
      return found === 'False QueueUnreachable'
    })
    // Admission does without Redis, and unready pods get no admission requests.
    expect(await operator.isReady()).toBe(true)
    await rig.redis.start()
    await theJob(rig, namespace, 30_000)
    expect(await jobsAtRest(rig, namespace)).toBe(1)
    await operator.kill()
  }, 90_000)
})
