import { describe, expect, it } from 'vitest'
import type { ContainerView, PodView } from '#src/api/objects.ts'
import { gpuPod } from '#src/observe/gpu-requests.ts'

const gpus = (count: number, more: Partial<ContainerView> = {}): ContainerView => ({
  resources: { requests: { 'nvidia.com/gpu': String(count), cpu: '1' } },
  ...more,
})
const pod = (containers: ContainerView[], initContainers: ContainerView[] = [], phase = 'Running'): PodView => ({
  metadata: { name: 'a', namespace: 'team' },
  spec: { nodeName: 'gpu-1', containers, initContainers },
  status: { phase },
})

describe('what a pod holds of the GPUs of its node', () => {
  it.for<[string, PodView, number | undefined]>([
    ['all that its containers ask for', pod([gpus(1), gpus(2)]), 3],
    ['the most that a step before them asks for', pod([gpus(1)], [gpus(4), gpus(2)]), 4],
    ['its sidecars beside them', pod([gpus(1)], [gpus(1, { restartPolicy: 'Always' }), gpus(1)]), 2],
    ['what it limits, where it requests nothing', pod([{ resources: { limits: { 'nvidia.com/gpu': '2' } } }]), 2],
    ['what it waits to start with', pod([gpus(1)], [], 'Pending'), 1],
    ['nothing any more, once it is done', pod([gpus(1)], [], 'Succeeded'), undefined],
    ['nothing any more, once it has failed', pod([gpus(1)], [], 'Failed'), undefined],
    ['nothing, without a GPU', pod([{ resources: { requests: { cpu: '1' } } }, {}]), undefined],
    ['nothing, where the number is none', pod([{ resources: { requests: { 'nvidia.com/gpu': 'x' } } }]), undefined],
  ])('%s', ([, holder, want]) => {
    expect(gpuPod(holder)?.gpus).toBe(want)
  })

  it('is nothing before it has a node', () => {
    expect(gpuPod({ metadata: { name: 'a' }, spec: { containers: [gpus(1)] } })).toBeUndefined()
  })
})
