import { FINALIZER } from '#src/api/labels.ts'
import type { NodeClaimView } from '#src/api/objects.ts'
import type { Plan, Removal } from '../plan.ts'
import type { World } from '../world.ts'

/**
 * Gives the nodes back, then lets go. Pods, Jobs and Services go by ownership; NodeClaims are cluster-scoped and cannot.
 * Once every claim is marked for deletion it is Karpenter's to finish, and waiting longer could only hang.
 */
export function deletionPlan(world: World): Plan {
  const claims = world.nodeClaims.filter((claim) => claim.metadata.deletionTimestamp === undefined)
  const remove = claims.map(nodeClaimRemoval)
  if (remove.length > 0) return { apply: [], remove, events: [], again: 1000 }
  const held = world.workspace.metadata.finalizers?.includes(FINALIZER) === true
  return { apply: [], remove: [], events: [], ...(held ? { finalizer: 'remove' as const } : {}) }
}

export const nodeClaimRemoval = (claim: NodeClaimView): Removal => ({
  apiVersion: 'karpenter.sh/v1',
  kind: 'NodeClaim',
  name: claim.metadata.name,
  uid: claim.metadata.uid ?? '',
})
