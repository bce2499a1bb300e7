import { describe, expect, it } from 'vitest'
import type { StatefulSetView } from '#src/api/objects.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import type { Obstacle, World } from '#src/plan/world.ts'
import { aWorld, inferenceWorkspace } from '#test/support/worlds.ts'

const obstacle: Obstacle = {
  kind: 'StatefulSet',
  reason: 'ApplyFailed',
  message: 'StatefulSet phi-3 cannot be applied',
}

const verdict = (world: World, type: string) => {
  const found = planWorkspace(world).status?.conditions?.find((condition) => condition.type === type)
  return found && `${found.status} ${found.reason}`
}

/** A server that answers, and whose status says so. */
function answering(): World {
  const world = aWorld(inferenceWorkspace())
  const set = planWorkspace(world).apply.find(({ kind }) => kind === 'StatefulSet')
  const statefulSet: StatefulSetView = {
    metadata: { name: 'phi-3', generation: 1, annotations: set?.metadata.annotations ?? {} },
    status: { observedGeneration: 1, readyReplicas: 1, updatedReplicas: 1 },
  }
  const status = planWorkspace({ ...world, statefulSet }).status
  return { ...world, statefulSet, workspace: { ...world.workspace, ...(status ? { status } : {}) } }
}

/** The same after its owner has asked for something else. */
function changed(): World {
  const world = answering()
  const { metadata, inference } = world.workspace
  const adapters = [{ source: { name: 'tone', image: 'registry.example.com/adapters/tone:1' } }]
  const now = { ...world.workspace, metadata: { ...metadata, generation: 2 }, inference: { ...inference, adapters } }
  return { ...world, workspace: now }
}

describe('a change that cannot be applied', () => {
  it('leaves a server that answers Ready, and stands beside that', () => {
    for (const world of [
      { ...answering(), obstacle },
      { ...changed(), obstacle },
    ]) {
      const { status, apply } = planWorkspace(world)
      expect(verdict(world, 'Ready')).toBe('True ServerReady')
      expect(verdict(world, 'Applied')).toBe('False ApplyFailed')
      expect(status?.conditions?.find(({ type }) => type === 'Applied')?.message).toBe(obstacle.message)
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.message).toMatch(/replicas answer.*see Applied/)
      expect([status?.state, apply]).toEqual(['Ready', []])
    }
  })

  it('is not what was observed, nor what the server has started with', () => {
    const { status } = planWorkspace({ ...changed(), obstacle })
    expect(status?.observedGeneration).toBe(1)
    expect(status?.serving).toBeUndefined()
    expect(planWorkspace(changed()).status?.observedGeneration).toBe(2)
  })

  it('is one warning, told once', () => {
    const world = { ...changed(), obstacle }
    const { events, status } = planWorkspace(world)
    expect(events).toEqual([{ type: 'Warning', reason: 'ApplyFailed', message: obstacle.message }])
    const told = { ...world, workspace: { ...world.workspace, ...(status ? { status } : {}) } }
    expect(planWorkspace(told).events).toEqual([])
    expect(planWorkspace(told).status).toEqual(status)
  })

  it('is gone from the status when it is applied', () => {
    const { status } = planWorkspace({ ...changed(), obstacle })
    const world = { ...changed(), workspace: { ...changed().workspace, ...(status ? { status } : {}) } }
    expect(verdict(world, 'Applied')).toBeUndefined()
  })

  it('is why there is no server where there is none yet', () => {
    const world = { ...aWorld(inferenceWorkspace()), obstacle }
    expect(verdict(world, 'Ready')).toBe('False ApplyFailed')
    expect(planWorkspace(world).events.filter(({ reason }) => reason === 'ApplyFailed')).toHaveLength(1)
  })

  it('is another thing than a name that somebody else has', () => {
    const taken: World = { ...answering(), obstacle: { ...obstacle, kind: 'Service', reason: 'NameTaken' } }
    expect(verdict(taken, 'Ready')).toBe('False NameTaken')
  })
})

describe('a change that is applied', () => {
  it('is not Ready, nor on record, before the server is of it', () => {
    const { status } = planWorkspace(changed())
    expect(verdict(changed(), 'Ready')).toBe('False ServerStarting')
    expect(status?.serving).toBeUndefined()
  })
})
