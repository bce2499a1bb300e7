import { describe, expect, it } from 'vitest'
import type { JobView, PodView } from '#src/api/objects.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { defined } from '#src/lib/defined.ts'
import type { Plan } from '#src/plan/plan.ts'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import type { World } from '#src/plan/world.ts'
import { aWorld, controller, inferenceWorkspace, tuningWorkspace } from '#test/support/worlds.ts'

const NAME = tuningJobName(tuningWorkspace())

const job = (type?: 'Complete' | 'Failed'): JobView => ({
  metadata: { name: NAME, uid: 'job' },
  status: type === undefined ? {} : { conditions: [{ type, status: 'True' }] },
})

const trainPod = (state: 'running' | { exitCode: number; message: string }): PodView => ({
  metadata: { name: 'p', ownerReferences: [controller('Job', 'job')] },
  status: {
    phase: state === 'running' ? 'Running' : 'Failed',
    initContainerStatuses: [{ name: 'train', state: state === 'running' ? { running: {} } : { terminated: state } }],
  },
})

/** The same world after its plan's status was written. */
const written = (world: World, more: Partial<World> = {}): World => {
  const { status } = planWorkspace(world)
  return { ...world, workspace: { ...world.workspace, ...defined({ status }) }, ...more }
}

const reasonOf = (world: World, type = 'Ready') =>
  planWorkspace(world).status?.conditions?.find((condition) => condition.type === type)?.reason

const running = aWorld(tuningWorkspace(), { jobs: [job()], pods: [trainPod('running')] })
const outcome = JSON.stringify({ reason: 'DatasetInvalid', message: 'no rows' })
const failed = aWorld(tuningWorkspace(), {
  jobs: [job('Failed')],
  pods: [trainPod({ exitCode: 65, message: outcome })],
})

describe('a push that waits', () => {
  const pushPod: PodView = {
    ...trainPod('running'),
    status: {
      phase: 'Running',
      initContainerStatuses: [{ name: 'train', state: { terminated: { exitCode: 0 } } }],
      containerStatuses: [{ name: 'push', state: { running: {} } }],
    },
  }
  const wait = { reason: 'PushDenied', message: 'it is refused', until: '2026-01-01T01:00:00.000Z' } as const
  const pushing = aWorld(tuningWorkspace(), { jobs: [job()], pods: [pushPod] })

  it('says for what, which Secret to correct, and until when; the run goes on', () => {
    const plan = planWorkspace({ ...pushing, pushWait: wait })
    const ready = plan.status?.conditions?.find(({ type }) => type === 'Ready')
    expect(ready).toMatchObject({ status: 'False', reason: 'PushDenied' })
    expect(ready?.message).toBe(
      'it is refused. Correct Secret push-secret or what it says; the push is tried again by itself about every minute, until 2026-01-01T01:00:00Z',
    )
    expect(plan.status?.state).toBe('Running')
    expect(plan.enqueue).toBeUndefined()
    expect(reasonOf(pushing)).toBe('Pushing')
  })

  it('keeps the remedy when the registry says very much', () => {
    const plan = planWorkspace({ ...pushing, pushWait: { ...wait, message: 'x'.repeat(2000) } })
    const ready = plan.status?.conditions?.find(({ type }) => type === 'Ready')
    expect(ready?.message).toMatch(/x…\. Correct Secret push-secret .* until 2026-01-01T01:00:00Z$/)
    expect(ready?.message.length).toBeLessThanOrEqual(1024)
  })

  it('is never a reason for another pod', () => {
    const created = planTuningJob(aWorld(tuningWorkspace()))
    expect(JSON.stringify(created)).toContain('{"containerName":"push","operator":"NotIn","values":[0]}')
  })
})

describe("a run whose Job's name somebody else has", () => {
  const obstacle = { kind: 'Job', reason: 'NameTaken', message: 'Job x is there already' } as const
  const summary = { status: 'False', reason: 'NameTaken', message: obstacle.message }
  const readyOf = ({ status }: Plan) => status?.conditions?.find(({ type }) => type === 'Ready')

  it('says so, asks no worker, and looks again', () => {
    const plan = planWorkspace(aWorld(tuningWorkspace(), { obstacle }))
    expect(plan.enqueue).toBeUndefined()
    expect(plan.again).toBe(10_000)
    expect(readyOf(plan)).toMatchObject(summary)
    expect(plan.events).toContainEqual({ type: 'Warning', reason: 'NameTaken', message: obstacle.message })
  })

  it('buys no node', () => {
    const world = aWorld(tuningWorkspace(), { obstacle, nodes: [] })
    const plan = planWorkspace({ ...world, settings: { ...world.settings, nodeProvisioner: 'karpenter' } })
    expect(plan.apply).toEqual([])
    expect(readyOf(plan)).toMatchObject(summary)
  })
})

describe('a run under way', () => {
  it('is told by the pods that its Job controls, whatever labels and owners others name', () => {
    const image = 'registry.example.com/forged'
    const push = { exitCode: 0, message: JSON.stringify({ result: { image, digest: `sha256:${'0'.repeat(64)}` } }) }
    const labels = { 'job-name': NAME, 'kaito.sh/workspace': 'phi-3', 'kaito.sh/component': 'tuning' }
    const owners = [[], [controller('Job', 'another')], [{ ...controller('Job', 'job'), controller: false }]]
    const pods = owners.map(
      (ownerReferences, index): PodView => ({
        metadata: { name: `forged-${index}`, labels, ownerReferences, creationTimestamp: '2027-01-01T00:00:00Z' },
        status: { phase: 'Failed', containerStatuses: [{ name: 'push', state: { terminated: push } }] },
      }),
    )
    expect(reasonOf({ ...running, pods: [...pods, ...running.pods] }, 'JobStarted')).toBe('Training')
    const done = planWorkspace({ ...running, jobs: [job('Complete')], pods }).status
    expect(done?.tuning?.finishedAt).toBeDefined()
    expect(done?.tuning?.image).toBeUndefined()
    expect(reasonOf({ ...running, pods }, 'JobStarted')).toBe('JobPending')
  })

  it('is followed while its node is not ready', () => {
    const world = { ...running, nodes: [] }
    expect(reasonOf(world, 'JobStarted')).toBe('Training')
    expect(planWorkspace(world).status?.state).toBe('Running')
  })

  it('is followed when its push Secret is deleted meanwhile', () => {
    expect(reasonOf({ ...running, secrets: new Map([['push-secret', 'missing']]) })).toBe('Training')
  })

  it('asks for no node a second time when its Secret is gone', () => {
    const settings = { ...running.settings, nodeProvisioner: 'karpenter' as const }
    const plan = planWorkspace({ ...running, settings, secrets: new Map([['push-secret', 'missing']]) })
    expect(plan.apply).toEqual([])
  })
})

describe('a failed run', () => {
  it('keeps its reason when its pod is removed before its Job', () => {
    expect(reasonOf(written(failed, { pods: [] }))).toBe('DatasetInvalid')
  })

  it('keeps reason and state when its Job is removed, and is not started again', () => {
    const world = written(failed, { pods: [], jobs: [] })
    expect(reasonOf(world)).toBe('DatasetInvalid')
    expect(planWorkspace(world).status?.state).toBe('Failed')
    expect(planWorkspace(world).enqueue).toBeUndefined()
    expect(planTuningJob(world)).toBeUndefined()
  })

  it('says once how to run it again, also after its Job is removed', () => {
    const messages = [failed, written(failed, { pods: [], jobs: [] })].map(
      (world) => planWorkspace(world).status?.conditions?.find(({ type }) => type === 'Ready')?.message,
    )
    expect(messages[0]).toMatch(
      /^train: no rows\. To try once more: kubectl annotate workspace phi-3 -n default kaito\.sh\/retry=2 --overwrite \(any new value will do\)$/,
    )
    expect(messages[1]).toBe(messages[0])
  })

  it('learns the reason when the pod is seen after the Job', () => {
    const jobFirst = { ...failed, pods: [] }
    expect(reasonOf(jobFirst)).toBe('TrainingFailed')
    expect(reasonOf(written(jobFirst, { pods: failed.pods }))).toBe('DatasetInvalid')
  })

  it('of an earlier revision does not make the new run a failed one', () => {
    const old: JobView = { ...job('Failed'), metadata: { name: 'phi-3-tuning-0000000000', uid: 'old' } }
    const plan = planWorkspace(aWorld(tuningWorkspace(), { jobs: [old, job()] }))
    expect(plan.status?.state).toBe('Pending')
    expect(plan.remove).toEqual([])
  })
})

describe('the Job for a worker', () => {
  it('is made for the revision that the Workspace has', () => {
    const planned = planTuningJob(aWorld(tuningWorkspace()))
    expect(planned?.job.metadata.name).toBe(`phi-3-tuning-${planned?.revision}`)
  })

  it.for<[string, World]>([
    ['serves', aWorld(inferenceWorkspace())],
    [
      'is being deleted',
      aWorld({ ...tuningWorkspace(), metadata: { ...tuningWorkspace().metadata, deletionTimestamp: 'x' } }),
    ],
    ['lacks its Secret', aWorld(tuningWorkspace(), { secrets: new Map([['push-secret', 'missing']]) })],
    ['has a finished run', failed],
  ])('is not made when the Workspace %s', ([, world]) => {
    expect(planTuningJob(world)).toBeUndefined()
  })
})

describe('replicas that serve', () => {
  const statefulSet = {
    metadata: { name: 'phi-3', generation: 1 },
    status: { observedGeneration: 1, readyReplicas: 1, updatedReplicas: 1 },
  }
  const adapters = [{ source: { name: 'tone', image: 'registry.example.com/tone:1' } }]
  const world = aWorld(inferenceWorkspace({ adapters }), { statefulSet })

  it('are reported on and left alone while their node is away', () => {
    const plan = planWorkspace({ ...world, nodes: [] })
    const named = plan.status?.conditions?.map(({ type, status }) => `${type} ${status}`)
    expect(named).toEqual(['ResourceReady False', 'InferenceReady True', 'WorkspaceSucceeded False', 'Ready False'])
    expect(plan.status?.adapters).toHaveLength(1)
    expect(plan.apply).toEqual([])
  })

  it('are not made anew because a node with an older runtime is away for a while', () => {
    const [node] = world.nodes
    const nodeInfo = { kubeletVersion: 'v1.34.0', containerRuntimeVersion: 'containerd://1.7.0' }
    const older = (ready: string): World['nodes'][number] => ({
      metadata: { name: 'old', ...(node?.metadata.labels === undefined ? {} : { labels: node.metadata.labels }) },
      status: { ...node?.status, nodeInfo, conditions: [{ type: 'Ready', status: ready }] },
    })
    const setWith = (ready: string) => planWorkspace({ ...world, nodes: [...world.nodes, older(ready)] }).apply
    expect(setWith('False')).toEqual(setWith('True'))
  })
})

describe('an evaluation', () => {
  const evaluation = {
    ...{ rows: 20, baseLoss: 2, loss: 1 },
    samples: [{ prompt: 'Hi?', wanted: 'Yes', base: 'No', adapter: 'Yes' }],
  }
  const told = (world: World) => planWorkspace(world).events.filter(({ reason }) => reason === 'Evaluated')

  it('is told by one event, and stays in the status when the log is gone', () => {
    const known: World = { ...running, evaluation }
    expect(told(running)).toEqual([])
    expect(told(known)).toEqual([
      {
        type: 'Normal',
        reason: 'Evaluated',
        message: 'loss on 20 rows that were not trained on, without the adapter and with it: 2.00 -> 1.00 (-50.0%)',
      },
    ])
    const after = written(known)
    expect(told(after)).toEqual([])
    const { evaluation: _, ...gone } = written(after)
    expect(planWorkspace(gone).status?.tuning?.evaluation).toMatchObject(evaluation)
  })

  it('keeps its answers when the step has ended, whose result has the losses alone', () => {
    const result = { evaluation: { rows: 20, baseLoss: 2, loss: 1 } }
    const pods = [trainPod({ exitCode: 0, message: JSON.stringify({ result }) })]
    expect(planWorkspace({ ...running, pods }).status?.tuning?.evaluation).toMatchObject({ loss: 1, samples: [] })
    const after = { ...written({ ...running, evaluation }), pods }
    expect(planWorkspace(after).status?.tuning?.evaluation).toMatchObject(evaluation)
  })
})

describe('rows that are left out', () => {
  const rows = {
    ...{ rows: 10, kept: 8, cut: 1, evaluated: 0, lossOn: 'answers' },
    dropped: [{ reason: 'no answer', rows: 2 }],
    sources: [],
    unused: [],
  }
  const lost = '2 of 10 rows are left out (2 with no answer); 1 of 8 rows are cut at max_length'
  const told = (world: World) => planWorkspace(world).events.filter(({ reason }) => reason === 'RowsLeftOut')

  it('are told by one event, as soon as they are known, and in the message from then on', () => {
    const known: World = { ...running, rows }
    expect(told(running)).toEqual([])
    expect(told(known)).toEqual([{ type: 'Warning', reason: 'RowsLeftOut', message: lost }])
    const after = written(known)
    expect(told(after)).toEqual([])
    // The log may be gone: what was known stays.
    const { rows: _, ...gone } = written(after)
    const started = planWorkspace(gone).status?.conditions?.find(({ type }) => type === 'JobStarted')
    expect(started?.message).toBe(`loading the model; ${lost}`)
    expect(planWorkspace(gone).status?.tuning?.data).toMatchObject(rows)
  })

  it('are no event where there are none', () => {
    expect(told({ ...running, rows: { ...rows, kept: 10, cut: 0, dropped: [] } })).toEqual([])
  })
})
