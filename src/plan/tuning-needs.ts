import { nodeLabels } from '#src/api/selector.ts'
import { findSku } from '#src/catalog/catalog.ts'
import { commonGpus, labelledNodes } from '#src/observe/nodes.ts'
import type { World } from './world.ts'

/**
 * GPUs of one run: all of the instance type that the Workspace names, since that is what is admitted and charged for. Nodes
 * that exist may have fewer than that (then what they have is asked for), or more, for others; of a type that the catalog
 * does not know, they themselves say how many, where all that match have the same.
 */
export function tuningGpus({ workspace: { resource }, settings, catalog, nodes }: World): number {
  const sku = findSku(catalog, settings.cloud, resource?.instanceType ?? '')
  if (settings.nodeProvisioner === 'karpenter' && sku !== undefined) return Math.max(1, sku.gpuCount)
  const there = commonGpus(labelledNodes(nodes, nodeLabels(resource?.labelSelector), resource?.instanceType)) ?? 1
  return sku === undefined ? there : Math.max(1, Math.min(there, sku.gpuCount))
}
