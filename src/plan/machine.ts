import { LABEL } from '#src/api/labels.ts'
import type { NodeView } from '#src/api/objects.ts'
import { nodeLabels } from '#src/api/selector.ts'
import { findSku } from '#src/catalog/catalog.ts'
import type { GpuSku } from '#src/catalog/gpu.ts'
import { perGpuGiB } from '#src/estimate/fit.ts'
import { defined } from '#src/lib/defined.ts'
import { gpuCount, gpusOf, type NodeGpus, weakest } from '#src/observe/gpu-labels.ts'
import { labelledNodes } from '#src/observe/nodes.ts'
import { provisionerOf } from '#src/provisioners/index.ts'
import type { World } from './world.ts'

type Known = Pick<World, 'workspace' | 'settings' | 'catalog' | 'nodes'>

/**
 * The machine that a Workspace runs on: the catalog's, where it names one. Else nodes that exist say it themselves, by the labels
 * of GPU feature discovery or by a type that the catalog knows; of several kinds the least of each number, which holds for all.
 * Undefined where nobody says.
 */
export function machineOf(world: Known): GpuSku | undefined {
  const { workspace, settings, catalog } = world
  const named = findSku(catalog, settings.cloud, workspace.resource?.instanceType ?? '')
  if (named !== undefined || provisionerOf(settings).buys !== undefined) return named
  return leastOf(world, (node) => gpusOf(node) ?? byType(node, world))
}

/** The machine that the nodes themselves speak of, and nobody has judged before: no type of the catalog is named. */
export function unjudgedMachine(world: Known): GpuSku | undefined {
  const { workspace, settings, catalog } = world
  if (provisionerOf(settings).buys !== undefined) return undefined
  if (findSku(catalog, settings.cloud, workspace.resource?.instanceType ?? '') !== undefined) return undefined
  return leastOf(world, gpusOf)
}

function leastOf(
  { workspace: { resource }, settings, nodes }: Known,
  read: (node: NodeView) => NodeGpus | undefined,
): GpuSku | undefined {
  const there = labelledNodes(nodes, nodeLabels(resource?.labelSelector), resource?.instanceType)
  const least = weakest(there.flatMap((node) => read(node) ?? []))
  return (
    least && {
      name: least.product,
      cloud: settings.cloud,
      gpuModel: least.product,
      vendor: 'nvidia',
      gpuCount: least.count,
      gpuMemoryGiB: least.gib * least.count,
      ...defined({ computeCapability: least.computeCapability }),
    }
  )
}

/** Of a node without those labels, where its type is one of the catalog's. */
function byType(node: NodeView, { settings, catalog }: Pick<World, 'settings' | 'catalog'>): NodeGpus | undefined {
  const sku = findSku(catalog, settings.cloud, node.metadata.labels?.[LABEL.instanceType] ?? '')
  if (sku?.vendor !== 'nvidia') return undefined
  return {
    node: node.metadata.name,
    product: sku.gpuModel,
    count: Math.min(sku.gpuCount, gpuCount(node) || sku.gpuCount),
    gib: perGpuGiB(sku),
    ...defined({ computeCapability: sku.computeCapability }),
  }
}
