import { describe, expect, it } from 'vitest'
import type { NodeView } from '#src/api/objects.ts'
import { defined } from '#src/lib/defined.ts'
import { commonGpus, matchingNodes, mountImages, type NodeWish, whyNoNode } from '#src/observe/nodes.ts'
import { GPU_TYPE, NODE_LABELS } from '#test/support/workspaces.ts'
import { readyNode } from '#test/support/worlds.ts'

const { metadata, status } = readyNode()
const node = (more: Partial<NodeView> = {}): NodeView => ({
  metadata,
  ...defined({ status }),
  ...more,
})
const gpus = (count: string) => node({ status: { ...status, allocatable: { 'nvidia.com/gpu': count } } })
const notReady = node({ status: { ...status, conditions: [{ type: 'Ready', status: 'Unknown' }] } })
const cordoned = node({ spec: { unschedulable: true } })
const typed = (type: string) =>
  node({ metadata: { ...metadata, labels: { ...NODE_LABELS, 'node.kubernetes.io/instance-type': type } } })
const unlabelled = node({ metadata: { name: 'gpu-1' } })

const TOLERATED = [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]
const wish: NodeWish = { labels: NODE_LABELS, instanceType: GPU_TYPE, gpus: 1, tolerations: TOLERATED, gpuPods: [] }
const tainted = (key: string, effect = 'NoSchedule') => node({ spec: { taints: [{ key, value: 'x', effect }] } })
const held = (gpus: number, name = 'holder') => ({ node: 'gpu-1', namespace: 'team-a', name, gpus })

const found = (candidate: NodeView, more: Partial<NodeWish> = {}) => matchingNodes([candidate], { ...wish, ...more })

describe('nodes that match', () => {
  it.for<[string, NodeView, boolean]>([
    ['ready, labelled, of the type and with a GPU', node(), true],
    ['of the type in other case', typed(GPU_TYPE.toLowerCase()), true],
    ['with more GPUs', gpus('8'), true],
    ['not ready', notReady, false],
    ['cordoned', cordoned, false],
    ['of another type', typed('Standard_D4s_v5'), false],
    ['without the labels', unlabelled, false],
    ['without a GPU yet', gpus('0'), false],
    ['with a taint that is tolerated', tainted('nvidia.com/gpu'), true],
    ['ready, with the taint of one that is not', tainted('node.kubernetes.io/not-ready'), true],
    ['with a taint that only advises', tainted('example.com/slow', 'PreferNoSchedule'), true],
    ['with a taint that keeps its pods off', tainted('example.com/team'), false],
    ['with a taint that drives its pods out', tainted('example.com/team', 'NoExecute'), false],
    ['without a word on GPUs', node({ status: { conditions: [{ type: 'Ready', status: 'True' }] } }), false],
  ])('%s', ([, candidate, want]) => {
    expect(found(candidate).length === 1).toBe(want)
  })

  it('may be of any type where none is named', () => {
    const { instanceType: _, ...any } = wish
    expect(matchingNodes([typed('any')], any)).toHaveLength(1)
  })

  it('come by name, whatever their order', () => {
    const named = ['c', 'a', 'b'].map((name) => readyNode(name))
    expect(matchingNodes(named, wish).map((one) => one.metadata.name)).toEqual(['a', 'b', 'c'])
  })

  it('have as many GPUs left as are wanted', () => {
    const left = (pods: readonly number[], wanted: number) =>
      found(gpus('4'), { gpus: wanted, gpuPods: pods.map((each) => held(each)) }).length
    expect([left([], 4), left([1], 4), left([1], 3), left([2, 2], 1), left([8], 1)]).toEqual([1, 0, 1, 0, 0])
    expect(found(gpus('1'), { gpuPods: [{ ...held(1), node: 'another' }] })).toHaveLength(1)
  })
})

describe('how many GPUs nodes have in common', () => {
  it.for<[string, readonly NodeView[], number | undefined]>([
    ['the number of all', [gpus('4'), gpus('4')], 4],
    ['the number of the one that has any yet', [gpus('0'), gpus('8')], 8],
    ['none where they differ', [gpus('4'), gpus('8')], undefined],
    ['none where none has any', [gpus('0')], undefined],
    ['none without nodes', [], undefined],
  ])('%s', ([, nodes, want]) => {
    expect(commonGpus(nodes)).toBe(want)
  })
})

describe('why there is no node', () => {
  it.for<[string, readonly NodeView[], RegExp]>([
    ['nobody has the labels', [unlabelled], /kubectl label node <node> apps=phi-3/],
    ['there are no nodes at all', [], /no node has the labels/],
    ['the labelled one is of another type', [typed('Standard_D4s_v5')], /is of type Standard_NC24ads_A100_v4/],
    ['it offers no GPU', [gpus('0')], /gpu-1 offers fewer than 1 nvidia.com\/gpu: is the NVIDIA device plugin/],
    ['it is not ready', [notReady], /gpu-1 is not ready or is cordoned/],
    ['there is one, and more are wanted', [node()], /gpu-1 can be used, and resource.count wants more nodes/],
    ['it has a taint', [tainted('example.com/team')], /gpu-1 has the taint example.com\/team=x:NoSchedule/],
  ])('%s', ([, nodes, want]) => {
    expect(whyNoNode(nodes, wish)).toMatchObject({ reason: 'NodesMissing', message: expect.stringMatching(want) })
  })

  it('others hold its GPUs, of which a few are named', () => {
    const gpuPods = ['a', 'b', 'c', 'd'].map((name) => held(2, name))
    expect(whyNoNode([gpus('8')], { ...wish, gpus: 1, gpuPods })).toEqual({
      reason: 'GpuInUse',
      message:
        '1 nvidia.com/gpu are wanted: gpu-1 has 0 of 8 free, held by team-a/a (2), team-a/b (2), team-a/c (2) and 1 more',
    })
  })
})

describe('nodes that mount images', () => {
  const runs = (kubeletVersion: string, containerRuntimeVersion: string) =>
    node({ status: { nodeInfo: { kubeletVersion, containerRuntimeVersion } } })

  it.for<[string, NodeView, boolean]>([
    ['kubelet 1.35 with containerd 2.1', runs('v1.35.0', 'containerd://2.1.0'), true],
    ['a later kubelet of a cloud', runs('v1.36.2-eks-1', 'containerd://2.3.1+azure'), true],
    ['kubelet 2.0', runs('v2.0.0', 'containerd://3.0.0'), true],
    ['CRI-O 1.31', runs('v1.35.1', 'cri-o://1.31.0'), true],
    ['kubelet 1.34', runs('v1.34.9', 'containerd://2.1.0'), false],
    ['containerd 1.7', runs('v1.35.0', 'containerd://1.7.24'), false],
    ['containerd 2.0', runs('v1.35.0', 'containerd://2.0.5'), false],
    ['CRI-O 1.30', runs('v1.35.0', 'cri-o://1.30.3'), false],
    ['another runtime', runs('v1.35.0', 'docker://29.0.0'), false],
    ['nothing said', node({ status: {} }), false],
  ])('%s', ([, candidate, want]) => {
    expect(mountImages([candidate])).toBe(want)
  })

  it('are all of them, and at least one', () => {
    expect(mountImages([])).toBe(false)
    expect(mountImages([readyNode(), runs('v1.34.0', 'containerd://2.1.0')])).toBe(false)
  })
})
