import { describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import { inferenceStep } from '#src/plan/steps/inference.ts'
import type { World } from '#src/plan/world.ts'
import { aWorld, inferenceWorkspace } from '#test/support/worlds.ts'

const SET: K8sObject = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'phi-3' } }
const TAG = 'registry.example.com/adapters/tone:1'
const adapters = [{ source: { name: 'tone', image: TAG } }]

/** Steps for worlds one after another, and how often replicas were built for them. */
function counting() {
  let builds = 0
  const step = (world: World, from: readonly unknown[] = [world.settings], mayChange = true) =>
    inferenceStep(world, { imageVolumes: true, build: () => ({ ...SET, spec: ++builds }), from }, mayChange)
  return { step, builds: () => builds }
}

const isBuilt = (step: ReturnType<typeof inferenceStep>) => step.plan.apply.some(({ kind }) => kind === 'StatefulSet')

describe('replicas', () => {
  it('are built once for as long as nothing that they are made from changes', () => {
    const { step, builds } = counting()
    const world = aWorld(inferenceWorkspace({ adapters }))
    const looks = [world, { ...world, now: world.now + 1 }, { ...world, nodes: [], pods: [] }]
    const applied = looks.map((each) => step(each).plan.apply)
    expect(new Set(applied.map((apply) => JSON.stringify(apply))).size).toBe(1)
    expect(builds()).toBe(1)
  })

  it.for<[string, (world: World) => [World, readonly unknown[]]]>([
    ['the Workspace changes', (world) => [{ ...world, workspace: { ...world.workspace } }, [world.settings]]],
    ['the settings change', (world) => [world, [{ ...world.settings }]]],
    ['anything else that goes into them changes', (world) => [world, [world.settings, 'vllm: {}']]],
    ['an adapter is pushed', (world) => [{ ...world, pushed: new Map([[TAG, `${TAG}@1`]]) }, [world.settings]]],
  ])('are built anew when %s', ([, change]) => {
    const { step, builds } = counting()
    const world = aWorld(inferenceWorkspace({ adapters }))
    step(world)
    const [now, from] = change(world)
    expect(isBuilt(step(now, from))).toBe(true)
    expect(builds()).toBe(2)
  })

  it('are not built where they may not be written: while a node is away, or after something could not be applied', () => {
    const { step, builds } = counting()
    const world = aWorld(inferenceWorkspace())
    expect(step(world, [], false).plan.apply).toEqual([])
    expect(step({ ...world, obstacle: { kind: 'Service', reason: 'NameTaken', message: 'x' } }).plan.apply).toEqual([])
    expect(builds()).toBe(0)
  })
})
