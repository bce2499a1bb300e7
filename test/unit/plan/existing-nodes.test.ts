import { describe, expect, it } from 'vitest'
import type { NodeView } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { nodesToAsk } from '#src/plan/free-gpus.ts'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import type { World } from '#src/plan/world.ts'
import { NODE_LABELS } from '#test/support/workspaces.ts'
import { aWorld, inferenceWorkspace, metadata, readyNode, tuningWorkspace } from '#test/support/worlds.ts'

const H100 = { product: 'NVIDIA-H100-80GB-HBM3', memory: '81559', count: '8', major: '9', minor: '0' }
const T4 = { product: 'Tesla-T4', memory: '15360', count: '1', major: '7', minor: '5' }

/** As GPU feature discovery labels a node; no cloud has given it a type. */
function discovered(name: string, { product, memory, count, major, minor }: typeof H100): NodeView {
  const { status } = readyNode()
  return {
    metadata: {
      name,
      labels: {
        ...NODE_LABELS,
        'nvidia.com/gpu.product': product,
        'nvidia.com/gpu.memory': memory,
        'nvidia.com/gpu.count': count,
        'nvidia.com/gpu.compute.major': major,
        'nvidia.com/gpu.compute.minor': minor,
      },
    },
    status: { ...status, allocatable: { 'nvidia.com/gpu': count } },
  }
}

const resource = { labelSelector: { matchLabels: NODE_LABELS } }
const serving = (name: string): Workspace => ({ ...inferenceWorkspace({ preset: { name } }), resource })
const tuning = (name: string): Workspace => ({ ...tuningWorkspace({ preset: { name }, method: 'lora' }), resource })

const serverOf = (world: World) =>
  JSON.stringify(planWorkspace(world).apply.find(({ kind }) => kind === 'StatefulSet') ?? null)
const readyOf = (world: World) => planWorkspace(world).status?.conditions?.find(({ type }) => type === 'ResourceReady')

describe('on nodes that exist, of a type that no catalog has', () => {
  it('a server takes all GPUs that the labels speak of', () => {
    const made = serverOf(aWorld(serving('llama-3.3-70b-instruct'), { nodes: [discovered('a', H100)] }))
    expect(made).toContain('"nvidia.com/gpu":"8"')
    expect(made).toContain('--tensor-parallel-size=8')
  })

  it('a run takes all of them, too', () => {
    const job = planTuningJob(aWorld(tuning('phi-4'), { nodes: [discovered('a', H100)] }))?.job
    expect(JSON.stringify(job)).toContain('"nvidia.com/gpu":"8"')
  })

  it('a slice of a GPU, and one that is lent to several, is one GPU', () => {
    for (const product of ['NVIDIA-H100-80GB-HBM3-MIG-3g.40gb', 'NVIDIA-H100-80GB-HBM3-SHARED']) {
      const made = serverOf(aWorld(serving('phi-4-mini-instruct'), { nodes: [discovered('a', { ...H100, product })] }))
      expect(made).toContain('"nvidia.com/gpu":"1"')
      expect(made).not.toContain('tensor-parallel')
    }
  })

  it('16-bit floats and the context are those of the GPU', () => {
    const made = serverOf(aWorld(serving('phi-3-mini-128k-instruct'), { nodes: [discovered('a', T4)] }))
    expect(made).toContain('--dtype=half')
    expect(made).toMatch(/--max-model-len=\d{4,5}"/)
  })

  it('nothing is started that cannot fit, and the numbers say why', () => {
    const world = aWorld(serving('phi-4'), { nodes: [discovered('a', T4)] })
    expect(planWorkspace(world).apply).toEqual([])
    expect(readyOf(world)).toMatchObject({
      reason: 'GpuUnsuitable',
      message: expect.stringMatching(/^at least \d+\.\d GiB per GPU are needed .* Tesla-T4 has 15\.0: choose/),
    })
    expect(readyOf(aWorld(tuning('phi-4'), { nodes: [discovered('a', T4)] }))?.reason).toBe('GpuUnsuitable')
    const annotations = { 'kaito.sh/bypass-resource-checks': 'true' }
    const bypassed = { ...serving('phi-4'), metadata: { ...metadata(), annotations } }
    expect(serverOf({ ...world, workspace: bypassed })).not.toBe('null')
  })

  it('nothing is started that the images have no code for', () => {
    const v100 = { ...T4, product: 'Tesla-V100', memory: '32768', major: '7', minor: '0' }
    expect(readyOf(aWorld(serving('phi-4-mini-instruct'), { nodes: [discovered('a', v100)] }))?.message).toContain(
      'no image has code for Tesla-V100 (compute capability 7.0)',
    )
    const gemma = readyOf(aWorld(serving('gemma-3-4b-instruct'), { nodes: [discovered('a', T4)] }))
    expect(gemma?.message).toContain('Gemma 3 does not run in float16')
  })

  it('of several kinds, the least of each number holds: a pod may come to any of them', () => {
    const large = discovered('a', H100)
    expect(serverOf(aWorld(serving('phi-4'), { nodes: [large] }))).not.toBe('null')
    expect(readyOf(aWorld(serving('phi-4'), { nodes: [large, discovered('b', T4)] }))?.reason).toBe('GpuUnsuitable')
  })

  it('a server that is there is not judged again', () => {
    const statefulSet = { metadata: { name: 'phi-3', uid: 's' } }
    expect(readyOf(aWorld(serving('phi-4'), { nodes: [discovered('a', T4)], statefulSet }))?.reason).not.toBe(
      'GpuUnsuitable',
    )
  })
})

describe('GPUs that others hold', () => {
  const gpuPods = [{ node: 'gpu-1', namespace: 'team-b', name: 'notebook', gpus: 1 }]

  it('are waited for, with the names of the pods', () => {
    for (const workspace of [inferenceWorkspace(), tuningWorkspace()]) {
      const plan = planWorkspace(aWorld(workspace, { gpuPods }))
      expect([plan.apply, plan.enqueue, plan.again]).toEqual([[], undefined, 30_000])
      const verdict = plan.status?.conditions?.find(({ type }) => type === 'ResourceReady')
      expect(verdict).toMatchObject({
        status: 'False',
        reason: 'GpuInUse',
        message: '1 nvidia.com/gpu are wanted: gpu-1 has 0 of 1 free, held by team-b/notebook (1)',
      })
    }
  })

  it('are asked about only before a start, on nodes that exist', () => {
    const asked = (more: Partial<World> = {}, workspace = inferenceWorkspace()) => nodesToAsk(aWorld(workspace, more))
    const { settings } = aWorld(inferenceWorkspace())
    expect(asked()).toEqual(['gpu-1'])
    expect(asked({}, tuningWorkspace())).toEqual(['gpu-1'])
    expect(asked({ settings: { ...settings, nodeProvisioner: 'karpenter' } })).toEqual([])
    expect(asked({ statefulSet: { metadata: { name: 'phi-3' } } })).toEqual([])
    expect(asked({ nodes: [] })).toEqual([])
    const many = Array.from({ length: 100 }, (_, index) => readyNode(`node-${index}`))
    expect(asked({ nodes: many })).toHaveLength(32)
    const deleted = { ...metadata(), deletionTimestamp: '2026-01-02T03:04:05Z' }
    expect(asked({}, { ...inferenceWorkspace(), metadata: deleted })).toEqual([])
  })
})
