import { describe, expect, it } from 'vitest'
import type { JobView, PodView } from '#src/api/objects.ts'
import type { RunStatus } from '#src/api/status.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { defined } from '#src/lib/defined.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import type { World } from '#src/plan/world.ts'
import { aWorld, controller, NOW, tuningWorkspace } from '#test/support/worlds.ts'

const NAME = tuningJobName(tuningWorkspace())
const time = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString().replace('.000Z', 'Z')

const job = (type?: 'Complete' | 'Failed'): JobView => ({
  metadata: { name: NAME, uid: 'job' },
  status: { startTime: time(-600), ...(type && { conditions: [{ type, status: 'True' }] }) },
})

const podOf = (
  name: string,
  state: 'running' | 'waiting' | { exitCode: number; reason?: string; message?: string },
): PodView => ({
  metadata: {
    name,
    ownerReferences: [controller('Job', 'job')],
    creationTimestamp: time(name === 'p1' ? -100 : -50),
  },
  status: {
    phase: typeof state === 'string' ? 'Running' : 'Failed',
    startTime: time(-90),
    initContainerStatuses: [
      { name: 'fetch', state: state === 'waiting' ? { running: {} } : { terminated: { exitCode: 0 } } },
      {
        name: 'train',
        state: state === 'running' ? { running: {} } : state === 'waiting' ? { waiting: {} } : { terminated: state },
      },
    ],
  },
})

/** The same world after its plan's status was written, and what comes next in it. */
const then = (world: World, more: Partial<World> = {}): World => {
  const { status } = planWorkspace(world)
  return { ...world, workspace: { ...world.workspace, ...defined({ status }) }, ...more }
}

const withOutput = (image: string): Workspace => tuningWorkspace({ output: { image, imagePushSecret: 'push-secret' } })
const runs = (world: World) => planWorkspace(world).status?.runs

const progress = [{ step: 20, maxSteps: 20, loss: 1.5 }]
const running = aWorld(tuningWorkspace(), { jobs: [job()], pods: [podOf('p1', 'running')], progress })
const invalid = JSON.stringify({ reason: 'DatasetInvalid', message: 'no rows' })
const failed = then(running, { jobs: [job('Failed')], pods: [podOf('p1', { exitCode: 65, message: invalid })] })

describe('the history of runs', () => {
  it('is empty while the first run goes on', () => {
    expect(runs(aWorld(tuningWorkspace()))).toBeUndefined()
    expect(runs(running)).toBeUndefined()
  })

  it('has a run that ended, with what it cost from the moment that it had a node', () => {
    const [run] = runs(failed) ?? []
    expect(run).toMatchObject({
      job: NAME,
      revision: NAME.slice(-10),
      try: 1,
      reason: 'DatasetInvalid',
      steps: 20,
      loss: 1.5,
      gpus: 1,
      gpuHours: 1.5,
      startedAt: time(-90),
      finishedAt: time(0),
    })
    // An hour and a half of a Standard_NC24ads_A100_v4 of the built-in catalog.
    expect(run?.usd).toBeCloseTo(1.5 * 3.67, 1)
    expect(run?.message).toMatch(/^train: no rows/)
  })

  it('has it once, and at the price of its end, however often it is looked at', () => {
    const later = then(failed, { now: NOW + 3_600_000, nodes: [], catalog: { ...failed.catalog, skus: [] } })
    expect(runs(later)).toEqual(runs(failed))
    expect(runs(then(later, { jobs: [], pods: [] }))).toEqual(runs(failed))
  })

  it('learns the image of a run whose pod is seen after its Job', () => {
    const done = then(running, { jobs: [job('Complete')], pods: [] })
    expect(runs(done)?.[0]).toMatchObject({ reason: 'Succeeded' })
    expect(runs(done)?.[0]?.message).toBeUndefined()
    const result = { image: 'registry.example.com/a:1', digest: `sha256:${'a'.repeat(64)}` }
    const push = { name: 'push', state: { terminated: { exitCode: 0, message: JSON.stringify({ result }) } } }
    const pod = { ...podOf('p1', { exitCode: 0 }), status: { phase: 'Succeeded', containerStatuses: [push] } }
    expect(runs(then(done, { pods: [pod] }))).toMatchObject([{ image: `registry.example.com/a@${result.digest}` }])
  })

  it('keeps it when another run is asked for, of which nothing is shown yet', () => {
    const { metadata: _, ...spec } = withOutput('registry.example.com/a:2')
    const next = then(failed)
    const changed = { ...next, workspace: { ...next.workspace, ...spec } }
    const { status } = planWorkspace(changed)
    expect(status?.runs).toEqual(runs(failed))
    expect(status?.tuning).toBeUndefined()
    expect(status?.state).toBe('Pending')
  })

  it('has a run that another one replaced, which was paid for as well', () => {
    const { metadata: _, ...spec } = withOutput('registry.example.com/a:2')
    const going = then(running)
    const changed = { ...going, workspace: { ...going.workspace, ...spec } }
    const replaced = planWorkspace(changed).status
    expect(replaced?.runs).toMatchObject([{ job: NAME, reason: 'Superseded', gpuHours: 1.5, finishedAt: time(0) }])
    expect(replaced?.tuning).toBeUndefined()
    expect(runs(then(changed))).toEqual(replaced?.runs)
  })

  it('has no run that was replaced before it began', () => {
    const { metadata: _, ...spec } = withOutput('registry.example.com/a:2')
    const waiting = then(aWorld(tuningWorkspace(), { jobs: [job()] }))
    expect(runs({ ...waiting, workspace: { ...waiting.workspace, ...spec } })).toBeUndefined()
  })

  it('ends with the fifth, newest first', () => {
    const old = Array.from({ length: 5 }, (_, index): RunStatus => {
      return { job: `old-${index}`, revision: 'r', try: 1, reason: 'Stalled', finishedAt: time(-900) }
    })
    const world = { ...failed, workspace: { ...failed.workspace, status: { ...failed.workspace.status, runs: old } } }
    expect(runs(world)?.map((run) => run.job)).toEqual([NAME, 'old-0', 'old-1', 'old-2', 'old-3'])
  })

  it('says what a run cost only where that can be known', () => {
    const late = { type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }
    const unschedulable = { metadata: podOf('p1', 'waiting').metadata, status: { phase: 'Pending' } }
    const neverBegan = aWorld(tuningWorkspace(), {
      jobs: [{ ...job(), status: { startTime: time(-600), conditions: [late] } }],
      pods: [unschedulable],
    })
    expect(runs(neverBegan)?.[0]).toMatchObject({ reason: 'DeadlineExceeded', finishedAt: time(0) })
    expect(runs(neverBegan)?.[0]).not.toHaveProperty('gpuHours')
    expect(runs(neverBegan)?.[0]).not.toHaveProperty('usd')
  })
})

describe('a run whose pod is replaced', () => {
  const evicted = podOf('p1', { exitCode: 137 })

  it('does not show how far the pod before had come', () => {
    const before = then(running)
    expect(before.workspace.status?.tuning?.progress).toBe('100% (20/20)')
    const tuning = planWorkspace({ ...before, pods: [evicted, podOf('p2', 'waiting')], progress: [] }).status?.tuning
    expect(tuning).not.toHaveProperty('progress')
    expect(tuning).not.toHaveProperty('step')
    expect(tuning?.pod).toBe('p2')
    expect(tuning?.startedAt).toBe(time(-90))
  })

  it('keeps what is known while its pod stays, also without a log', () => {
    expect(planWorkspace({ ...then(running), progress: [] }).status?.tuning?.progress).toBe('100% (20/20)')
  })
})

describe('a run that was killed for its memory', () => {
  const killed = podOf('p1', { exitCode: 137, reason: 'OOMKilled' })
  const seen = { ...then(running), pods: [killed] }

  it('has failed, although its Job would try again', () => {
    const plan = planWorkspace(seen)
    expect(plan.status?.state).toBe('Failed')
    expect(plan.status?.conditions?.find(({ type }) => type === 'Ready')?.reason).toBe('OOMKilled')
    // A Job that goes before the status says so would be made anew.
    expect(plan.remove).toEqual([])
    expect(plan.again).toBe(1000)
  })

  it.for([[[killed]], [[killed, podOf('p2', 'running')]]] as const)(
    'gives its Job up once the status says so, whatever was started since',
    ([pods]) => {
      const recorded = { ...then(seen), pods }
      expect(planWorkspace(recorded).remove).toMatchObject([{ kind: 'Job', name: NAME, uid: 'job' }])
      expect(planWorkspace(recorded).status?.state).toBe('Failed')
      const gone = planWorkspace({ ...then(recorded), jobs: [], pods: [] })
      expect(gone.status?.state).toBe('Failed')
      expect(gone.enqueue).toBeUndefined()
    },
  )
})
