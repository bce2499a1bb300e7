import { describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { defined } from '#src/lib/defined.ts'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import type { World } from '#src/plan/world.ts'
import {
  asked,
  BASE,
  claim,
  durable,
  ended,
  jobOf,
  namesOf,
  ON_OWN,
  PUSH,
  podOf,
  pushed,
  ready,
  refused,
  trained,
  VOLUME,
  WEEK,
  written,
} from '#test/support/durable-worlds.ts'
import { NOW, tuningWorkspace } from '#test/support/worlds.ts'

describe('one more try', () => {
  const job = jobOf(tuningJobName(BASE), 'Failed', ON_OWN)
  const outcome = ended(69, { reason: 'TrainingFailed', message: 'no' })
  const failed = durable({ jobs: [job], volumeClaims: [claim], pods: [podOf(job.metadata.name, 'train', outcome)] })
  const retried = written(failed, {}, asked('a'))
  const second = `${job.metadata.name}-2`

  it('is of the whole run where that has failed, on the same volume, and counted', () => {
    const plan = planWorkspace(retried)
    expect(plan.enqueue?.revision).toMatch(/^[0-9a-f]{10}-2$/)
    expect(plan.status?.state).toBe('Pending')
    expect(plan.status?.tuning).toMatchObject({ try: 2, retry: 'a', jobName: second })
    expect(plan.status?.tuning).not.toHaveProperty('finishedAt')
    expect(ready(plan)?.message).toContain('try 2 of the run')
    const planned = planTuningJob(retried)
    expect([planned?.job.metadata.name, planned?.revision]).toEqual([second, plan.enqueue?.revision])
    expect(JSON.stringify(planned)).toContain(`"claimName":"${VOLUME}"`)
  })

  it('is the same before and after it is written down, and one for each value', () => {
    const told = written(retried)
    expect(planTuningJob(told)?.job.metadata.name).toBe(second)
    expect(planWorkspace(told).enqueue).toEqual(planWorkspace(retried).enqueue)
    const again = jobOf(second, 'Failed', ON_OWN)
    const failedAgain = written({ ...told, jobs: [job, again], pods: [podOf(second, 'train', outcome)] })
    expect(planWorkspace(failedAgain)).toMatchObject({ status: { state: 'Failed', tuning: { try: 2 } } })
    expect(planWorkspace(failedAgain).enqueue).toBeUndefined()
    expect(planTuningJob({ ...failedAgain, jobs: [], pods: [] })).toBeUndefined()
    expect(ready(planWorkspace(failedAgain))?.message).toContain('kaito.sh/retry=3')
    const third = written(failedAgain, {}, asked('b'))
    expect(planTuningJob(third)?.job.metadata.name).toBe(`${job.metadata.name}-3`)
  })

  it('is not asked for by a value that was there before the failure', () => {
    const workspace = { ...BASE, metadata: { ...BASE.metadata, annotations: asked('a') } }
    const running = written({ ...failed, workspace, jobs: [jobOf(job.metadata.name, undefined, ON_OWN)], pods: [] })
    expect(running.workspace.status?.tuning?.retry).toBe('a')
    const end = written({ ...running, jobs: failed.jobs, pods: failed.pods })
    expect(planWorkspace(end).enqueue).toBeUndefined()
    expect(planWorkspace(end).status?.state).toBe('Failed')
  })

  it('is asked for by one that came while nobody looked, once the failure is written down', () => {
    const workspace = { ...BASE, metadata: { ...BASE.metadata, annotations: asked('a') } }
    const unseen = written({
      ...failed,
      workspace: { ...workspace, status: { tuning: { revision: planTuningJob(durable())?.revision ?? '' } } },
    })
    expect(planTuningJob(unseen)?.job.metadata.name).toBe(second)
  })

  it('pushes alone where the adapter is safe', () => {
    const jobs = [trained, jobOf(PUSH, 'Failed')]
    const lost = durable({ jobs, volumeClaims: [claim], pods: [podOf(PUSH, 'push', refused)] })
    const told = written(lost)
    expect(told.workspace.status).toMatchObject({ state: 'Failed' })
    expect(ready(planWorkspace(told))?.message).toMatch(
      /adapter is safe on its volume. To push it once more: .*retry=2/,
    )
    const more = written(told, {}, asked('fixed'))
    expect(namesOf(planWorkspace(more))).toEqual({ applied: [`Job ${PUSH}-2`], removed: [], enqueued: undefined })
    expect(planTuningJob(more)).toBeUndefined()
    expect(planWorkspace(more).status).toMatchObject({
      state: 'Running',
      tuning: { try: 2, retry: 'fixed', trainedAt: '2026-01-02T03:04:05Z', jobName: `${trained.metadata.name}-2` },
    })
    const done = written(more, {
      jobs: [...jobs, jobOf(`${PUSH}-2`, 'Complete')],
      pods: [podOf(`${PUSH}-2`, 'push', pushed)],
    })
    expect(planWorkspace(done).status).toMatchObject({ state: 'Succeeded', tuning: { try: 2 } })
  })

  it('trains again once the volume was given back, and says so', () => {
    const jobs = [trained, jobOf(PUSH, 'Failed')]
    const lost = written(durable({ jobs, volumeClaims: [claim], pods: [podOf(PUSH, 'push', refused)] }))
    const kept = planWorkspace({ ...lost, now: NOW + WEEK - 1000 })
    expect(kept.remove).toEqual([])
    expect(kept.again).toBe(1000)
    expect(namesOf(planWorkspace({ ...lost, now: NOW + WEEK })).removed).toEqual([`PersistentVolumeClaim ${VOLUME}`])
    const gone = { ...lost, volumeClaims: [], jobs: [], pods: [], now: NOW + WEEK + 600_000 }
    expect(ready(planWorkspace(gone))?.message).toMatch(/given back since.*To train once more: /)
    expect(ready(planWorkspace(gone))?.message).not.toContain('safe')
    const more = written(gone, {}, asked('2'))
    expect(namesOf(planWorkspace(more))).toMatchObject({
      applied: [`PersistentVolumeClaim ${VOLUME}`],
      enqueued: expect.stringMatching(/-2$/),
    })
    expect(planWorkspace(more).status?.tuning).not.toHaveProperty('trainedAt')
  })

  it('is not asked for of a run that has succeeded', () => {
    const jobs = [trained, jobOf(PUSH, 'Complete')]
    const done = written(durable({ jobs, volumeClaims: [claim], pods: [podOf(PUSH, 'push', pushed)] }), {}, asked('2'))
    const plan = planWorkspace({ ...done, jobs: [], pods: [], volumeClaims: [] })
    expect(namesOf(plan)).toEqual({ applied: [], removed: [], enqueued: undefined })
    expect(plan.status).toMatchObject({ state: 'Succeeded', tuning: { retry: '2' } })
  })

  it('buys its nodes again', () => {
    const plan = planWorkspace({
      ...retried,
      nodes: [],
      settings: { ...retried.settings, nodeProvisioner: 'karpenter' },
    })
    expect(plan.apply.map(({ kind }) => kind)).toContain('NodeClaim')
    expect(plan.status).toMatchObject({ state: 'Pending', tuning: { try: 2 } })
  })
})

describe('a Workspace from a backup', () => {
  const moved = (world: World): World => {
    const { workspace } = world
    const restored: Workspace = { ...workspace, metadata: { ...workspace.metadata, uid: 'another' } }
    return { ...world, workspace: restored, jobs: [], pods: [], volumeClaims: [], nodes: [] }
  }
  const jobs = [trained, jobOf(PUSH, 'Complete')]
  const done = written(durable({ jobs, volumeClaims: [claim], pods: [podOf(PUSH, 'push', pushed)] }))
  const karpenter = (world: World): World => ({
    ...world,
    settings: { ...world.settings, nodeProvisioner: 'karpenter' },
  })

  it('starts no paid run again whose end is in its status', () => {
    const plan = planWorkspace(karpenter(moved(done)))
    expect(namesOf(plan)).toEqual({ applied: [], removed: [], enqueued: undefined })
    expect(plan.status).toMatchObject({ state: 'Succeeded', tuning: { image: done.workspace.status?.tuning?.image } })
    expect(planTuningJob(moved(done))).toBeUndefined()
    const again = written(moved(done))
    expect(planWorkspace(again).status).toEqual(again.workspace.status)
  })

  it('runs what is asked for anew, and what had not ended', () => {
    const { workspace } = moved(done)
    const other = tuningWorkspace({ method: 'lora' })
    expect(
      planTuningJob({ ...moved(done), workspace: { ...workspace, ...defined({ tuning: other.tuning }) } }),
    ).toBeDefined()
    const half = written(durable({ jobs: [jobOf(tuningJobName(BASE), undefined, ON_OWN)], volumeClaims: [claim] }))
    expect(planTuningJob(moved(half))).toBeDefined()
  })

  it('has no adapter on the volume of the one that it was', () => {
    const lost = written(
      durable({ jobs: [trained, jobOf(PUSH, 'Failed')], volumeClaims: [claim], pods: [podOf(PUSH, 'push', refused)] }),
    )
    const restored = moved(lost)
    expect(planWorkspace(restored).status?.state).toBe('Failed')
    const more = written(restored, {}, asked('2'))
    expect(namesOf(planWorkspace({ ...more, nodes: lost.nodes })).enqueued).toMatch(/-2$/)
  })
})
