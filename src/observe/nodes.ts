import { LABEL } from '#src/api/labels.ts'
import type { NodeView } from '#src/api/objects.ts'
import { parseQuantity } from '#src/lib/quantity.ts'

const GPU = 'nvidia.com/gpu'

/** Ready nodes with the wanted labels and instance type (any case) and at least this many GPUs, by name. */
export function matchingNodes(
  nodes: readonly NodeView[],
  labels: Readonly<Record<string, string>>,
  instanceType: string | undefined,
  gpus: number,
): NodeView[] {
  return labelledNodes(nodes, labels, instanceType)
    .filter((node) => isReady(node) && !node.spec?.unschedulable)
    .filter((node) => gpuCount(node) >= gpus)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** Nodes with the wanted labels and instance type, ready or not: what does not change when one of them is away for a while. */
export const labelledNodes = (
  nodes: readonly NodeView[],
  labels: Readonly<Record<string, string>>,
  instanceType: string | undefined,
): NodeView[] =>
  nodes
    .filter((node) => Object.entries(labels).every(([key, value]) => node.metadata.labels?.[key] === value))
    .filter((node) => instanceType === undefined || hasType(node, instanceType))

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

/** Why no node matched, as the first hurdle that nobody took: for people who label their own nodes. */
export function whyNoNode(
  nodes: readonly NodeView[],
  labels: Readonly<Record<string, string>>,
  instanceType: string | undefined,
  gpus: number,
): string {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  const labelled = labelledNodes(nodes, labels, undefined)
  if (labelled.length === 0)
    return `no node has the labels ${wanted.join(', ')}: kubectl label node <node> ${wanted.join(' ')}`
  const typed = labelled.filter((node) => instanceType === undefined || hasType(node, instanceType))
  if (typed.length === 0)
    return `${names(labelled)} has the labels ${wanted.join(', ')}, but no node that has them is of type ${instanceType}`
  const withGpu = typed.filter((node) => gpuCount(node) >= gpus)
  if (withGpu.length === 0) {
    return `${names(typed)} offers fewer than ${gpus} ${GPU}: is the NVIDIA device plugin running there?`
  }
  return `${names(withGpu)} is not ready or is cordoned`
}

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

const gpuCount = (node: NodeView) => Number(node.status?.allocatable?.[GPU] ?? '0')

const names = (nodes: readonly NodeView[]) => nodes.map((node) => node.metadata.name).join(', ')
