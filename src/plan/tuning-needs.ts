import { nodeLabels } from '#src/api/selector.ts'
import { findSku } from '#src/catalog/catalog.ts'
import { commonGpus, labelledNodes } from '#src/observe/nodes.ts'
import type { World } from './world.ts'

/**
 * GPUs of one run: all that its node has, since a node is bought, admitted and charged for as a whole. Of a node that is
 * provisioned the catalog knows how many; of those that exist, they themselves do, where all that match have the same.
 */
export function tuningGpus({ workspace: { resource }, settings, catalog, nodes }: World): number {
  const provisioned = settings.nodeProvisioner === 'karpenter'
  const sku = provisioned ? findSku(catalog, settings.cloud, resource?.instanceType ?? '') : undefined
  if (sku !== undefined) return Math.max(1, sku.gpuCount)
  return commonGpus(labelledNodes(nodes, nodeLabels(resource?.labelSelector), resource?.instanceType)) ?? 1
}
