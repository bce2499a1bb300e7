import { describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Applier } from '#src/kube/apply.ts'
import { type CarryOutOptions, PlanRunner, type Seen } from '#src/kube/carry-out.ts'
import { KubeError } from '#src/kube/errors.ts'
import { defined } from '#src/lib/defined.ts'
import { NOTHING, type Plan } from '#src/plan/plan.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { claimsOf } from '#test/support/karpenter-worlds.ts'
import { aWorld, controller, inferenceWorkspace, tuningWorkspace } from '#test/support/worlds.ts'

const signal = new AbortController().signal

/** What a cluster keeps, a record of the calls, and a call number from which on everything fails. */
function cluster({ failFrom = Number.POSITIVE_INFINITY, withoutQueue = false } = {}) {
  const calls: string[] = []
  const objects = new Map<string, { body: string; version: number }>()
  const state = { failFrom, calls, objects, status: undefined as unknown, finalizer: false }
  const call = (name: string) => {
    calls.push(name)
    if (calls.length > state.failFrom) throw new Error(`${name} failed`)
  }
  const applier: Applier = {
    applyObject: async (object) => {
      const key = `${object.kind}/${object.metadata.name}`
      call(`apply ${key}`)
      const body = JSON.stringify(object)
      const before = objects.get(key)
      const version = before === undefined ? 1 : before.body === body ? before.version : before.version + 1
      objects.set(key, { body, version })
      return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    },
    createObject: (object) => applier.applyObject(object),
    find: async () => undefined,
    applyStatus: async (object) => {
      call('status')
      state.status = object['status']
      return object
    },
    remove: async ({ kind, name }) => {
      call(`remove ${kind}/${name}`)
      return objects.delete(`${kind}/${name}`) ? 'removed' : 'absent'
    },
    setFinalizer: async (_ref, { present }) => {
      call(`finalizer ${present ? 'on' : 'off'}`)
      state.finalizer = present
      return undefined
    },
  }
  const options: CarryOutOptions = {
    applier,
    events: { record: (_object: K8sObject, { reason }) => void calls.push(`event ${reason}`), flush: async () => {} },
    enqueue: async () => {
      call('enqueue')
      if (withoutQueue) throw new Error('Redis is away')
    },
    onNotQueued: () => calls.push('not queued'),
    seen: ({ kind, metadata }: K8sObject) => {
      const found = objects.get(`${kind}/${metadata.name}`)
      return found === undefined ? undefined : { resourceVersion: String(found.version) }
    },
  }
  return { ...state, state, options, runner: new PlanRunner(options) }
}

const serving: Workspace = { ...inferenceWorkspace(), metadata: { ...inferenceWorkspace().metadata, finalizers: [] } }
const servingPlan = planWorkspace(aWorld(serving))
const queued = planWorkspace(aWorld(tuningWorkspace()))

const OWN_UID = serving.metadata.uid ?? ''

describe('carrying out a plan', () => {
  it('secures the Workspace before anything is made, and speaks last', async () => {
    const { runner, calls } = cluster()
    await runner.run(serving, servingPlan, signal)
    expect(calls).toEqual([
      'finalizer on',
      'apply Service/phi-3-headless',
      'apply Service/phi-3',
      'apply StatefulSet/phi-3',
      'status',
      'event NodesReady',
      'event ServerStarting',
    ])
  })

  it('lets go of the finalizer only after everything is removed', async () => {
    const removal = { apiVersion: 'karpenter.sh/v1', kind: 'NodeClaim', name: 'a', uid: 'u' }
    const { runner, calls } = cluster()
    await runner.run(serving, { ...NOTHING, remove: [removal], finalizer: 'remove' }, signal)
    expect(calls).toEqual(['remove NodeClaim/a', 'finalizer off'])
  })

  it('keeps the finalizer when a removal fails', async () => {
    const removal = { apiVersion: 'karpenter.sh/v1', kind: 'NodeClaim', name: 'a', uid: 'u' }
    const { runner, calls } = cluster({ failFrom: 0 })
    const plan: Plan = { ...NOTHING, remove: [removal], finalizer: 'remove' }
    await expect(runner.run(serving, plan, signal)).rejects.toThrow('remove NodeClaim/a failed')
    expect(calls).not.toContain('finalizer off')
  })

  it('comes to the same cluster whichever call was the first to fail', async () => {
    const whole = cluster()
    await whole.runner.run(serving, servingPlan, signal)
    const count = whole.calls.filter((name) => !name.startsWith('event')).length
    for (let failFrom = 0; failFrom < count; failFrom++) {
      const broken = cluster({ failFrom })
      // A failing apply is told, for the Workspace to say so; any other failure is the reconcile's.
      const end = await broken.runner.run(serving, servingPlan, signal).then(
        (failure) => failure?.error,
        (error: unknown) => error,
      )
      expect(String(end)).toContain('failed')
      broken.state.failFrom = Number.POSITIVE_INFINITY
      await broken.runner.run(serving, servingPlan, signal)
      expect([...broken.objects]).toEqual([...whole.objects])
      expect(broken.state.status).toEqual(whole.state.status)
      expect(broken.state.finalizer).toBe(true)
    }
  })

  it('sends nothing for what is there already as planned', async () => {
    const { runner, calls } = cluster()
    await runner.run(serving, servingPlan, signal)
    const settled = { ...serving, ...defined({ status: servingPlan.status }) }
    calls.length = 0
    await runner.run(settled, { ...servingPlan, finalizer: undefined, events: [] } as unknown as Plan, signal)
    expect(calls).toEqual([])
  })

  it('applies again what somebody changed or removed', async () => {
    const { runner, calls, objects } = cluster()
    await runner.run(serving, servingPlan, signal)
    objects.set('Service/phi-3', { body: 'edited', version: 9 })
    objects.delete('StatefulSet/phi-3')
    calls.length = 0
    await runner.run(serving, { ...NOTHING, apply: servingPlan.apply }, signal)
    expect(calls).toEqual(['apply Service/phi-3', 'apply StatefulSet/phi-3'])
  })

  it('applies everything anew for a Workspace of the same name made later', async () => {
    const { runner, calls } = cluster()
    await runner.run(serving, servingPlan, signal)
    runner.forget({ namespace: 'default', name: 'phi-3' })
    calls.length = 0
    await runner.run(serving, { ...NOTHING, apply: servingPlan.apply }, signal)
    expect(calls).toHaveLength(3)
  })

  it.for<[string, string, boolean]>([
    ['says so when a stranger took the name after it was looked at', 'theirs', false],
    ['goes on when the other of two leaders made the object meanwhile', OWN_UID, true],
  ])('%s', async ([, owner, goesOn]) => {
    const { options, calls } = cluster()
    let looks = 0
    const found = (object: K8sObject): K8sObject => {
      const { name, namespace } = object.metadata
      const by = { apiVersion: 'v1', kind: 'Workspace', name: 'other', uid: owner, controller: true }
      return { ...object, metadata: { name, ...(namespace ? { namespace } : {}), uid: 'there', ownerReferences: [by] } }
    }
    const racing = new PlanRunner({
      ...options,
      applier: {
        ...options.applier,
        createObject: async () => {
          throw new KubeError('modified', { status: 409, reason: 'Conflict' })
        },
        find: async (object) => {
          looks += 1
          return looks <= servingPlan.apply.length ? undefined : found(object)
        },
      },
    })
    const plan = { ...NOTHING, apply: servingPlan.apply }
    const failure = await racing.run(serving, plan, signal)
    expect(failure?.obstacle.reason).toBe(goesOn ? undefined : 'NameTaken')
    expect(calls.filter((call) => call.startsWith('apply'))).toHaveLength(goesOn ? 3 : 0)
  })

  it.for<[string, string | undefined, boolean]>([
    ['a Job of another', 'theirs', false],
    ['a Job of nobody', undefined, false],
    ['its own Job, which the watch does not show yet', tuningWorkspace().metadata.uid, true],
  ])('asks no worker and buys no node where there is %s under the name of the run', async ([, owner, goesOn]) => {
    const { options, calls } = cluster()
    const ownerReferences = owner === undefined ? [] : [controller('Workspace', owner)]
    const runner = new PlanRunner({
      ...options,
      applier: {
        ...options.applier,
        find: async ({ apiVersion, kind, metadata: { name } }) =>
          kind === 'Job' ? { apiVersion, kind, metadata: { name, uid: 'j', ownerReferences } } : undefined,
      },
    })
    const claim = { apiVersion: 'karpenter.sh/v1', kind: 'NodeClaim', metadata: { name: 'ws-0' } }
    const plans: Plan[] = [queued, { ...NOTHING, apply: [claim] }]
    for (const plan of plans) {
      const failure = await runner.run(tuningWorkspace(), plan, signal)
      if (goesOn) expect(failure).toBeUndefined()
      else expect(failure?.obstacle.message).toMatch(/^Job phi-3-tuning-\w{10} is there already/)
    }
    const effects = calls.filter((call) => call === 'enqueue' || call.startsWith('apply'))
    expect(effects).toEqual(goesOn ? ['enqueue', 'apply NodeClaim/ws-0'] : [])
  })

  it.for<[string, string, boolean]>([
    ['leaves a NodeClaim of another Workspace alone that has the same name', 'another-uid', false],
    ['keeps to its own, which the watch does not show yet', OWN_UID, true],
  ])('%s', async ([, uid, goesOn]) => {
    const { options, calls } = cluster()
    const [claim] = claimsOf(serving, DEFAULT_SETTINGS)
    if (claim === undefined) throw new Error('no NodeClaim is wanted')
    const labels = { ...claim.metadata.labels, 'kaito.sh/workspace-uid': uid, 'kaito.sh/workspace': 'other' }
    const found = { ...claim, metadata: { name: claim.metadata.name, uid: 'there', labels } }
    const runner = new PlanRunner({ ...options, applier: { ...options.applier, find: async () => found } })
    const failure = await runner.run(serving, { ...NOTHING, apply: [claim] }, signal)
    if (goesOn) expect(failure).toBeUndefined()
    else expect(failure?.obstacle.message).toContain('is there already and belongs to Workspace default/other;')
    expect(calls).toEqual(goesOn ? [`apply NodeClaim/${claim.metadata.name}`] : [])
  })

  it('looks again whose an object is that was deleted and made by somebody else, of the same generation', async () => {
    const { options, calls } = cluster()
    let there: Seen | undefined
    const runner = new PlanRunner({
      ...options,
      seen: () => there,
      applier: {
        ...options.applier,
        createObject: async (object) => {
          calls.push(`apply ${object.kind}`)
          return { ...object, metadata: { ...object.metadata, uid: 'first', generation: 1 } }
        },
        find: async (object) => there && { ...object, metadata: { ...there, name: object.metadata.name } },
      },
    })
    const [service] = servingPlan.apply
    if (service === undefined) throw new Error('nothing is wanted')
    const plan = { ...NOTHING, apply: [service] }
    await runner.run(serving, plan, signal)
    there = { uid: 'first', generation: 1, ...defined({ ownerReferences: service.metadata.ownerReferences }) }
    expect(await runner.run(serving, plan, signal)).toBeUndefined()
    there = { uid: 'second', generation: 1 }
    expect((await runner.run(serving, plan, signal))?.obstacle.reason).toBe('NameTaken')
  })

  it('does not say that a run is queued when the queue is away, but why not', async () => {
    const { runner, calls, state } = cluster({ withoutQueue: true })
    const failure = await runner.run(tuningWorkspace(), queued, signal)
    expect(calls).toEqual(['enqueue', 'not queued'])
    expect(failure?.obstacle).toMatchObject({ reason: 'QueueUnreachable' })
    expect(failure?.error).toBeUndefined()
    const told = planWorkspace(aWorld(tuningWorkspace(), defined({ obstacle: failure?.obstacle })))
    expect(told.again).toBe(10_000)
    await runner.run(tuningWorkspace(), told, signal)
    expect(calls.slice(2)).toEqual(['status', 'event NodesReady', 'event QueueUnreachable'])
    expect(state.status).toEqual(told.status)
    expect(told.status?.conditions?.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'ResourceReady NodesReady',
      'JobStarted QueueUnreachable',
      'WorkspaceSucceeded QueueUnreachable',
      'Ready QueueUnreachable',
    ])
  })
})
