import { FIELD_MANAGER, LABEL } from '#src/api/labels.ts'
import type { NodeClaimView } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { claimedFor } from '#src/observe/ownership.ts'
import { isNodeClaimName } from '#src/provisioners/karpenter.ts'

export const isOurs = ({ metadata }: NodeClaimView): boolean => metadata.labels?.[LABEL.managedBy] === FIELD_MANAGER

/**
 * Was a NodeClaim made for this very Workspace, and not for another, or an earlier one, of its name? One that an older release
 * made has no uid but in its name.
 */
export function isOwnClaim(workspace: Workspace, claim: NodeClaimView): boolean {
  const uid = claimedFor(claim)
  if (uid === undefined) return isOurs(claim) && isNodeClaimName(workspace, claim.metadata.name)
  return uid === workspace.metadata.uid
}
