import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { workResources } from '#src/desired/room.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { leastMemory } from '#src/observe/nodes.ts'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import { aWorld, inferenceWorkspace, readWorld, readyNode } from '#test/support/worlds.ts'

const GOLDEN = join(import.meta.dirname, '..', '..', 'golden')
const MIB = 2 ** 20

/** Every container in a value, wherever it stands. */
function containersIn(value: unknown): { readonly name: string; readonly limit: unknown }[] {
  if (Array.isArray(value)) return value.flatMap(containersIn)
  if (!isJsonObject(value)) return []
  const { image, resources, name, volumeMounts } = value
  const limits = isJsonObject(resources) ? resources['limits'] : undefined
  const own =
    typeof image === 'string' && volumeMounts !== undefined
      ? [{ name: String(name), limit: isJsonObject(limits) ? limits['memory'] : undefined }]
      : []
  return [...own, ...Object.values(value).flatMap(containersIn)]
}

describe('the memory of a container', () => {
  const worlds = globSync('*/world.yaml', { cwd: GOLDEN })

  it('has a limit in everything that is made, but for a template of a user, which says its own', () => {
    const found = worlds
      .filter((file) => dirname(file) !== 'inference-template')
      .flatMap((file) => {
        const world = readWorld(join(GOLDEN, file))
        // No run begins before there is a node.
        const job = world.nodes.length === 0 ? undefined : planTuningJob(world)?.job
        return containersIn([planWorkspace(world).apply, job])
      })
    expect(new Set(found.map(({ name }) => name)).size).toBeGreaterThan(6)
    expect(found.filter(({ limit }) => limit === undefined)).toEqual([])
  })

  it('is that of its smallest node for the one that does the work, less what the pods of the node itself take', () => {
    const limitOf = (bytes: number | undefined) => workResources(1, bytes).limits
    expect(limitOf(64 * 1024 * MIB)).toEqual({ memory: `${64 * 1024 - 256}Mi`, 'nvidia.com/gpu': '1' })
    // A node of the same type with some KiB less.
    expect(limitOf(64_100 * MIB - 4096)).toEqual(limitOf(64_100 * MIB))
    // Never less than what is asked for, and none of a node that does not say what it has.
    expect(limitOf(500 * MIB)?.['memory']).toBe('1Gi')
    expect(limitOf(undefined)).toEqual({ 'nvidia.com/gpu': '1' })
    const [small, large, silent] = ['1Gi', '2147483648', 'much'].map((memory) => ({
      ...readyNode(),
      status: { allocatable: { memory } },
    }))
    expect(leastMemory([large, small, silent].flatMap((node) => node ?? []))).toBe(2 ** 30)
    expect(leastMemory(silent === undefined ? [] : [silent])).toBeUndefined()
  })

  it('does not change with a node of the same type that joins, for a server would be made anew', () => {
    const setOf = (nodes: readonly ReturnType<typeof readyNode>[]) =>
      planWorkspace(aWorld(inferenceWorkspace(), { nodes })).apply.find(({ kind }) => kind === 'StatefulSet')
    const other = readyNode('gpu-2')
    const slightlyLess = {
      ...other,
      status: { ...other.status, allocatable: { 'nvidia.com/gpu': '1', memory: '226492300Ki' } },
    }
    expect(setOf([readyNode(), slightlyLess])).toEqual(setOf([slightlyLess]))
  })
})
