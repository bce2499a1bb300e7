import { LABEL } from '#src/api/labels.ts'
import type { NodeView } from '#src/api/objects.ts'
import { nodeLabels } from '#src/api/selector.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { hasLabels } from './nodes.ts'

/**
 * May what becomes of this node change what is planned for a Workspace? Only where it is in use, or could be: thousands of
 * Workspaces must not be looked at for every node that joins. `isProvisioning`: nodes are claimed, each for one Workspace.
 */
export function isConcerned(workspace: Workspace, node: NodeView, isProvisioning: boolean): boolean {
  const { metadata, resource, status } = workspace
  if (status?.workerNodes?.includes(node.metadata.name) === true) return true
  const isOver = status?.state === 'Succeeded' || status?.state === 'Failed'
  // A run that is over keeps no node. What was changed since is looked at anyway.
  if (isOver && status.observedGeneration === metadata.generation) return false
  const claimedFor = node.metadata.labels?.[LABEL.workspace]
  if (isProvisioning && claimedFor !== undefined && claimedFor !== metadata.name) return false
  return hasLabels(node, nodeLabels(resource?.labelSelector))
}
