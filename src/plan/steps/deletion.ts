import { CONDITION } from '#src/api/conditions.ts'
import { FINALIZER } from '#src/api/labels.ts'
import type { NodeClaimView } from '#src/api/objects.ts'
import type { WorkspaceStatus } from '#src/api/status.ts'
import { toConditions } from '#src/observe/conditions.ts'
import type { Plan, Removal } from '../plan.ts'
import type { World } from '../world.ts'

/**
 * Gives the nodes back, then lets go. Pods, Jobs and Services go by ownership; NodeClaims are cluster-scoped and cannot.
 * Once every claim is marked for deletion it is Karpenter's to finish, and waiting longer could only hang.
 */
export function deletionPlan(world: World): Plan {
  const claims = world.nodeClaims.filter((claim) => claim.metadata.deletionTimestamp === undefined)
  const remove = claims.map(nodeClaimRemoval)
  if (remove.length > 0)
    return { apply: [], remove, events: [], again: 1000, status: deletingStatus(world, remove.length) }
  const held = world.workspace.metadata.finalizers?.includes(FINALIZER) === true
  return { apply: [], remove: [], events: [], ...(held ? { finalizer: 'remove' as const } : {}) }
}

/** What was known stays; one condition says what the deletion waits for. */
function deletingStatus({ workspace, now }: World, claims: number): WorkspaceStatus {
  const kept = (workspace.status?.conditions ?? []).filter(({ type }) => type !== CONDITION.deleting)
  const message = `${claims} NodeClaims are given back first`
  const verdict = { type: CONDITION.deleting, status: 'True', reason: 'Deleting', message } as const
  const generation = workspace.metadata.generation ?? 0
  return {
    ...workspace.status,
    conditions: [...kept, ...toConditions([verdict], workspace.status?.conditions ?? [], generation, now)],
  }
}

export const nodeClaimRemoval = (claim: NodeClaimView): Removal => ({
  apiVersion: 'karpenter.sh/v1',
  kind: 'NodeClaim',
  name: claim.metadata.name,
  uid: claim.metadata.uid ?? '',
})
