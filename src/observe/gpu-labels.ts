import type { NodeView } from '#src/api/objects.ts'
import { defined } from '#src/lib/defined.ts'

/** What a node says of its GPUs, by the labels of NVIDIA's GPU feature discovery. */
export interface NodeGpus {
  readonly node: string
  /** `NVIDIA-A100-SXM4-80GB` */
  readonly product: string
  /** GPUs that one pod may have together. */
  readonly count: number
  /** Memory of each, GiB. */
  readonly gib: number
  /** CUDA compute capability, e.g. 8.6. */
  readonly computeCapability?: number
}

const GPU = 'nvidia.com/gpu'

/** GPUs that pods may ask the node for. */
export const gpuCount = (node: NodeView): number => Number(node.status?.allocatable?.[GPU] ?? '0')

/** Undefined where the labels are not there, or not whole. */
export function gpusOf(node: NodeView): NodeGpus | undefined {
  const labels = node.metadata.labels ?? {}
  const number = (name: string) => {
    const value = Number(labels[`${GPU}.${name}`])
    return Number.isFinite(value) && value > 0 ? value : undefined
  }
  const product = labels[`${GPU}.product`]
  const mib = number('memory')
  const physical = number('count')
  if (product === undefined || mib === undefined || physical === undefined) return undefined
  const [major, minor] = [number('compute.major'), Number(labels[`${GPU}.compute.minor`] ?? '0')]
  return {
    node: node.metadata.name,
    product,
    count: isSlice(product) ? 1 : Math.min(physical, gpuCount(node) || physical),
    gib: mib / 1024,
    ...defined({ computeCapability: major === undefined ? undefined : major + minor / 10 }),
  }
}

/** A part of a GPU, or a GPU that is lent to several at a time: a model cannot be spread over these. */
const isSlice = (product: string) => /-MIG-|-SHARED$/.test(product)

/** What holds for every one of these nodes: the least memory, GPUs and capability, each with the node that has it. */
export function weakest(all: readonly NodeGpus[]): NodeGpus | undefined {
  const [first] = all.toSorted((a, b) => a.gib - b.gib)
  if (first === undefined) return undefined
  const capabilities = all.flatMap(({ computeCapability }) => computeCapability ?? [])
  return {
    ...first,
    count: Math.min(...all.map(({ count }) => count)),
    ...defined({ computeCapability: capabilities.length === 0 ? undefined : Math.min(...capabilities) }),
  }
}
