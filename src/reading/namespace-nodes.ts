import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'

/** States in which a run has given its nodes back. */
export const OVER: readonly string[] = ['Succeeded', 'Failed']

/** The nodes that a Workspace has or waits for: none when the run that it asks for is over, or it is being deleted itself. */
export function nodesWanted({ metadata, resource, tuning, status }: Workspace): number {
  if (metadata.deletionTimestamp !== undefined) return 0
  const isOver = tuning !== undefined && OVER.includes(status?.state ?? '')
  // What was changed since is another run.
  return isOver && status?.observedGeneration === metadata.generation ? 0 : (resource?.count ?? 1)
}

/** Most nodes that the Workspaces of a namespace may have together; undefined where there is no limit. */
export function namespaceLimit(
  namespace: string,
  { maxNodesPerNamespace, namespaceNodes }: Pick<Settings, 'maxNodesPerNamespace' | 'namespaceNodes'>,
): number | undefined {
  const limit = Object.hasOwn(namespaceNodes, namespace) ? namespaceNodes[namespace] : maxNodesPerNamespace
  return limit === 0 ? undefined : limit
}

/** Said at admission and by the reconciler in the same words. `used` of others. */
export const overLimit = (
  namespace: string,
  { wanted, used, limit }: { wanted: number; used: number; limit: number },
) =>
  `${wanted} ${wanted === 1 ? 'node is' : 'nodes are'} asked for, and other Workspaces of namespace ${namespace} hold ${used} of ${limit} (${used}/${limit})`

export const LIMIT_REMEDY =
  'wait until another one ends, delete one, ask for fewer nodes, or let an administrator raise settings.maxNodesPerNamespace'
