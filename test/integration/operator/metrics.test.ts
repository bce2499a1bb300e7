import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { metricList } from '#src/telemetry/metric-list.ts'
import { startByoRig } from '#test/support/byo-rig.ts'
import { eventually } from '#test/support/eventually.ts'
import type { Operator, Rig } from '#test/support/operator-rig.ts'
import { ended, type PretendKubelet } from '#test/support/pretend-kubelet.ts'
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

/** The samples of one scrape, as `name{labels} value`. */
const scrape = async () => (await operator.metrics()).split('\n').filter((line) => /^kaito_/.test(line))

const says = (line: string, timeoutMs?: number) =>
  eventually(`${line} in a scrape`, async () => (await scrape()).includes(line), timeoutMs)

const counts = (name: string) =>
  eventually(`${name} above 0`, async () =>
    (await scrape()).some((line) => line.startsWith(`${name} `) && Number(line.slice(name.length)) > 0),
  )

/** This API server does not call the webhooks. */
const NEED_MORE = ['kaito_admissions_total', 'kaito_admission_seconds']

describe('the metrics of a running operator', () => {
  it('tell of a tuning run from its queue to its end, and all have samples', async () => {
    const namespace = await namespaceWithSecret(rig)
    await rig.create(namespace, 'tune', tuningSpec())
    const job = await theJob(rig, namespace)
    // A look before the Job was seen queues the same task again, and its second delivery finds the Job there.
    await counts('kaito_tasks_total{outcome="created"}')
    await counts('kaito_task_seconds_count')
    await says('kaito_workspaces{mode="tuning",phase="Pending"} 1')
    const pushed = ended('push', 0, { result: { image: TUNED_IMAGE, digest: TUNED_DIGEST, bytes: 1 } })
    await kubelet.startPod(job, { phase: 'Succeeded', init: [ended('train', 0, { result: {} })], main: [pushed] })
    await kubelet.completeJob(job)
    await says('kaito_tuning_run_seconds_count{outcome="succeeded"} 1')
    await says('kaito_workspaces{mode="tuning",phase="Succeeded"} 1')
    const samples = await scrape()
    for (const line of [
      'kaito_leader 1',
      'kaito_redis_up 1',
      'kaito_tasks_waiting{state="waiting"} 0',
      'kaito_cached_objects{kind="Workspace"} 1',
      'kaito_watch_lists_total{kind="Workspace"} 1',
      'kaito_certificate_rotations_total{certificate="leaf"} 1',
      'kaito_certificate_rotations_total{certificate="authority"} 1',
      'kaito_events_dropped_total 0',
    ])
      expect(samples).toContain(line)
    const silent = Object.values(metricList)
      .map(({ name }) => name)
      .filter((name) => !samples.some((line) => line.startsWith(name)))
    expect(silent).toEqual(NEED_MORE)
  }, 90_000)

  it('follow Redis as it goes away and comes back', async () => {
    await says('kaito_redis_up 1')
    await rig.redis.kill()
    await says('kaito_redis_up 0')
    expect((await scrape()).filter((line) => line.startsWith('kaito_tasks_waiting'))).toEqual([])
    await rig.redis.start()
    await says('kaito_redis_up 1')
    await says('kaito_tasks_waiting{state="waiting"} 0')
  }, 90_000)
})
