import { describe, expect, it } from 'vitest'
import { tuningJobName } from '#src/desired/names.ts'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import {
  BASE,
  claim,
  durable,
  jobOf,
  namesOf,
  ON_OWN,
  PUSH,
  podOf,
  pushed,
  ready,
  refused,
  specOf,
  trained,
  VOLUME,
  written,
} from '#test/support/durable-worlds.ts'
import { TUNED_DIGEST, TUNED_IMAGE } from '#test/support/workspaces.ts'
import { aWorld, NOW, tuningWorkspace } from '#test/support/worlds.ts'

describe('a run with a volume', () => {
  it('gets the volume before its Job, once', () => {
    expect(namesOf(planWorkspace(durable()))).toMatchObject({ applied: [`PersistentVolumeClaim ${VOLUME}`] })
    expect(planWorkspace(durable({ volumeClaims: [claim] })).apply).toEqual([])
    expect(planWorkspace(aWorld(BASE)).apply).toEqual([])
  })

  it('trains in a pod of its own, whose end frees the GPU', () => {
    const planned = specOf(planTuningJob(durable())?.job)
    expect(planned.metadata.annotations).toMatchObject(ON_OWN)
    const { containers, initContainers, volumes } = planned.spec.template.spec
    expect([initContainers, containers].map((list) => list.map((each: { name: string }) => each.name))).toEqual([
      ['fetch'],
      ['train'],
    ])
    expect(volumes).toContainEqual({ name: 'results', persistentVolumeClaim: { claimName: VOLUME } })
    expect(JSON.stringify(planned)).not.toContain('push')
  })

  it('gives the nodes back and pushes without a GPU once it is trained, whatever Secret or config is gone by then', () => {
    const nodeClaims = [{ metadata: { name: 'ws1-0', uid: 'n' } }]
    const secrets = new Map([['push-secret', 'missing' as const]])
    const plan = planWorkspace(durable({ jobs: [trained], volumeClaims: [claim], nodeClaims, nodes: [], secrets }))
    expect(namesOf(plan)).toEqual({ applied: [`Job ${PUSH}`], removed: ['NodeClaim ws1-0'], enqueued: undefined })
    expect(plan.status).toMatchObject({ state: 'Running', tuning: { trainedAt: '2026-01-02T03:04:05Z' } })
    expect(ready(plan)?.reason).toBe('Pushing')
    const job = specOf(plan.apply[0])
    expect(JSON.stringify(job)).not.toMatch(/nvidia\.com\/gpu":|affinity|activeDeadlineSeconds/)
    expect(job.spec.template.spec.volumes).toContainEqual(
      expect.objectContaining({ secret: expect.objectContaining({ optional: true }) }),
    )
    expect(planTuningJob(durable({ jobs: [trained], volumeClaims: [claim] }))).toBeUndefined()
  })

  it('asks for nothing twice: the push goes on when the Job that trained is cleaned away', () => {
    const first = durable({ jobs: [trained], volumeClaims: [claim] })
    const later = written(first, { jobs: [jobOf(PUSH)] })
    expect(namesOf(planWorkspace(later))).toEqual({ applied: [], removed: [], enqueued: undefined })
    expect(ready(planWorkspace(later))?.reason).toBe('Pushing')
    expect(planTuningJob(later)).toBeUndefined()
  })

  it('says why a push does not get on, and that nothing is paid for meanwhile', () => {
    const world = durable({ jobs: [trained, jobOf(PUSH)], volumeClaims: [claim], pods: [podOf(PUSH, 'push', refused)] })
    const plan = planWorkspace(world)
    expect(plan.status?.state).toBe('Running')
    expect(ready(plan)).toMatchObject({
      reason: 'PushDenied',
      message: expect.stringMatching(/a\.io: no.*no GPU is held/),
    })
  })

  it('gives the volume back when it is pushed, and ten minutes later the Jobs whose pods hold it', () => {
    const jobs = [trained, jobOf(PUSH, 'Complete')]
    const world = durable({ jobs, volumeClaims: [claim], pods: [podOf(PUSH, 'push', pushed)] })
    expect(planWorkspace(world).status?.tuning?.image).toContain(TUNED_DIGEST)
    // Not before the digest is written down.
    expect(planWorkspace(world).remove).toEqual([])
    const done = written(world)
    expect(namesOf(planWorkspace(done)).removed).toEqual([`PersistentVolumeClaim ${VOLUME}`])
    expect(planWorkspace(done).again).toBe(600_000)
    const going = { metadata: { ...claim.metadata, deletionTimestamp: '2026-01-02T03:04:06Z' } }
    const later = { ...done, volumeClaims: [going], now: NOW + 600_000 }
    expect(namesOf(planWorkspace(later)).removed).toEqual(jobs.map(({ metadata }) => `Job ${metadata.name}`))
    const gone = { ...later, volumeClaims: [], jobs: [], pods: [] }
    expect(namesOf(planWorkspace(gone))).toEqual({ applied: [], removed: [], enqueued: undefined })
    expect(planWorkspace(gone).status?.state).toBe('Succeeded')
  })

  it('keeps to the way that it was begun when the setting changes', () => {
    const off = { tuningVolume: { ...durable().settings.tuningVolume, enabled: false } }
    const plan = planWorkspace(durable({ jobs: [trained], volumeClaims: [claim] }, off))
    expect(namesOf(plan).applied).toEqual([`Job ${PUSH}`])
    const whole = jobOf(tuningJobName(BASE), 'Complete')
    const push = podOf(whole.metadata.name, 'push', pushed)
    const inOne = planWorkspace(durable({ jobs: [whole], pods: [push] }))
    expect(inOne.status?.state).toBe('Succeeded')
    expect(inOne.apply).toEqual([])
    expect(planWorkspace(durable({ jobs: [jobOf(tuningJobName(BASE))] })).apply).toEqual([])
  })

  it('says why its volume or its push cannot be made, and tries it again', () => {
    const obstacle = { kind: 'Job', reason: 'ApplyFailed', message: 'quota' } as const
    for (const jobs of [[], [trained]]) {
      const plan = planWorkspace(durable({ jobs, volumeClaims: jobs.length === 0 ? [] : [claim], obstacle }))
      expect(plan.apply).toEqual([])
      expect(ready(plan)).toMatchObject({ reason: 'ApplyFailed', message: 'quota' })
      expect(plan.again).toBeLessThanOrEqual(10_000)
    }
  })

  it('gives back what is of an earlier revision', () => {
    const old = { metadata: { name: 'phi-3-tuning-0000000000', namespace: 'default', uid: 'old' } }
    const plan = planWorkspace(durable({ volumeClaims: [old] }))
    expect(namesOf(plan).removed).toEqual(['PersistentVolumeClaim phi-3-tuning-0000000000'])
  })

  it('of the user keeps the adapter, and is pushed from', () => {
    const volumeSource = { persistentVolumeClaim: { claimName: 'mine' } }
    const output = { image: TUNED_IMAGE, imagePushSecret: 'push-secret', volumeSource }
    const workspace = tuningWorkspace({ output })
    const world = aWorld(workspace)
    expect(namesOf(planWorkspace(world)).applied).toEqual([])
    const results = { name: 'results', ...volumeSource }
    expect(specOf(planTuningJob(world)?.job).spec.template.spec.volumes).toContainEqual(results)
    const annotations = { 'kaito.sh/work-volume': 'foreign' }
    const done = jobOf(tuningJobName(workspace), 'Complete', annotations)
    const plan = planWorkspace(aWorld(workspace, { jobs: [done] }))
    expect(specOf(plan.apply[0]).spec.template.spec.volumes).toContainEqual(results)
    // Into the volume alone, the Job's end is the run's.
    const only = tuningWorkspace({ output: { volumeSource } })
    const end = planWorkspace(aWorld(only, { jobs: [jobOf(tuningJobName(only), 'Complete', annotations)] }))
    expect(end.status?.state).toBe('Succeeded')
    expect(end.apply).toEqual([])
  })
})
