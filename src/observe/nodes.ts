import type { Reason } from '#src/api/conditions.ts'
import { LABEL } from '#src/api/labels.ts'
import type { NodeView } from '#src/api/objects.ts'
import { parseQuantity } from '#src/lib/quantity.ts'
import { gpuCount } from './gpu-labels.ts'
import type { GpuPod } from './gpu-requests.ts'
import { keptOffBy, type TolerationView } from './taints.ts'

/** What a Workspace asks of each of its nodes. */
export interface NodeWish {
  readonly labels: Readonly<Record<string, string>>
  /** In any case; absent where any will do. */
  readonly instanceType?: string
  readonly gpus: number
  /** Of its pods. */
  readonly tolerations: readonly TolerationView[]
  /** Pods that hold GPUs, where that was looked at. */
  readonly gpuPods: readonly GpuPod[]
}

/** Ready nodes with what is asked for that its pods may run on, and with as many GPUs free, by name. */
export const matchingNodes = (nodes: readonly NodeView[], wish: NodeWish): NodeView[] =>
  labelledNodes(nodes, wish.labels, wish.instanceType)
    .filter((node) => isOpen(node, wish) && freeGpus(node, wish) >= wish.gpus)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))

/** Nodes with the wanted labels and instance type, ready or not: what does not change when one of them is away for a while. */
export const labelledNodes = (
  nodes: readonly NodeView[],
  labels: Readonly<Record<string, string>>,
  instanceType: string | undefined,
): NodeView[] =>
  nodes
    .filter((node) => hasLabels(node, labels))
    .filter((node) => instanceType === undefined || hasType(node, instanceType))

export const hasLabels = (node: NodeView, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(labels).every(([key, value]) => node.metadata.labels?.[key] === value)

/** How many GPUs each of these nodes has, where all that have some have the same; ready or not, as above. */
export function commonGpus(nodes: readonly NodeView[]): number | undefined {
  const counts = new Set(nodes.map(gpuCount).filter((count) => count > 0))
  return counts.size === 1 ? [...counts][0] : undefined
}

/** The least memory, in bytes, that any of these nodes has for pods; undefined where none says it. */
export function leastMemory(nodes: readonly NodeView[]): number | undefined {
  const sizes = nodes.flatMap(({ status }) => parseQuantity(status?.allocatable?.['memory'] ?? '') ?? [])
  return sizes.length === 0 ? undefined : Math.min(...sizes)
}

/** Why too few nodes matched, as the first hurdle that nobody took: for people who label their own nodes. */
export function whyNoNode(
  nodes: readonly NodeView[],
  wish: NodeWish,
): { readonly reason: Extract<Reason, 'NodesMissing' | 'GpuInUse'>; readonly message: string } {
  const { labels, instanceType, gpus } = wish
  const missing = (message: string) => ({ reason: 'NodesMissing' as const, message })
  const wanted = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  const labelled = labelledNodes(nodes, labels, undefined)
  if (labelled.length === 0)
    return missing(`no node has the labels ${wanted.join(', ')}: kubectl label node <node> ${wanted.join(' ')}`)
  const typed = labelled.filter((node) => instanceType === undefined || hasType(node, instanceType))
  if (typed.length === 0) {
    const which = `${names(labelled)} has the labels ${wanted.join(', ')}`
    return missing(`${which}, but no node that has them is of type ${instanceType}`)
  }
  const withGpu = typed.filter((node) => gpuCount(node) >= gpus)
  if (withGpu.length === 0)
    return missing(`${names(typed)} offers fewer than ${gpus} ${GPU}: is the NVIDIA device plugin running there?`)
  const open = withGpu.filter((node) => isOpen(node, wish))
  const busy = open.filter((node) => freeGpus(node, wish) < gpus)
  if (busy.length > 0) return inUse(busy, wish)
  if (open.length > 0) return missing(`${names(open)} can be used, and resource.count wants more nodes`)
  const tainted = withGpu.find((node) => isReady(node) && !node.spec?.unschedulable)
  if (tainted === undefined) return missing(`${names(withGpu)} is not ready or is cordoned`)
  const taint = keptOffBy(tainted, wish.tolerations)
  return missing(`${tainted.metadata.name} has the taint ${taint}, which the Workspace's pods do not tolerate`)
}

/** Names of pods are in the message: a person has to ask their owners, or wait. */
function inUse(nodes: readonly NodeView[], wish: NodeWish) {
  const message = nodes.slice(0, MOST_NAMED).map((node) => {
    const holders = wish.gpuPods.filter((pod) => pod.node === node.metadata.name)
    const named = holders.slice(0, MOST_NAMED).map(({ namespace, name, gpus }) => `${namespace}/${name} (${gpus})`)
    const others = holders.length > MOST_NAMED ? ` and ${holders.length - MOST_NAMED} more` : ''
    const free = Math.max(0, freeGpus(node, wish))
    return `${node.metadata.name} has ${free} of ${gpuCount(node)} free, held by ${named.join(', ')}${others}`
  })
  const rest = nodes.length > MOST_NAMED ? `; and ${nodes.length - MOST_NAMED} more nodes` : ''
  return { reason: 'GpuInUse' as const, message: `${wish.gpus} ${GPU} are wanted: ${message.join('; ')}${rest}` }
}

const MOST_NAMED = 3

const freeGpus = (node: NodeView, { gpuPods }: NodeWish): number =>
  gpuPods.filter((pod) => pod.node === node.metadata.name).reduce((free, { gpus }) => free - gpus, gpuCount(node))

/** Can pods be started there? */
const isOpen = (node: NodeView, { tolerations }: NodeWish): boolean =>
  isReady(node) && !node.spec?.unschedulable && keptOffBy(node, tolerations) === undefined

const GPU = 'nvidia.com/gpu'

/** Can all of these nodes mount images as volumes? kubelet >= 1.35 (on by default) with containerd >= 2.1 or CRI-O >= 1.31. */
export const mountImages = (nodes: readonly NodeView[]): boolean =>
  nodes.length > 0 &&
  nodes.every(({ status }) => {
    const [runtime, version = ''] = (status?.nodeInfo?.containerRuntimeVersion ?? '').split('://')
    const wanted = runtime === 'containerd' ? [2, 1] : runtime === 'cri-o' ? [1, 31] : undefined
    return wanted !== undefined && atLeast(version, wanted) && atLeast(status?.nodeInfo?.kubeletVersion ?? '', [1, 35])
  })

function atLeast(version: string, wanted: readonly number[]): boolean {
  const [major = 0, minor = 0] = version
    .replace(/^v/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10) || 0)
  const [wantedMajor = 0, wantedMinor = 0] = wanted
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

export const isReady = (node: NodeView) =>
  node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true

const hasType = (node: NodeView, instanceType: string) =>
  node.metadata.labels?.[LABEL.instanceType]?.toLowerCase() === instanceType.toLowerCase()

const names = (nodes: readonly NodeView[]) => nodes.map((node) => node.metadata.name).join(', ')
