import { OLD_LABELS, ownerOfLabel } from '#src/api/karpenter-labels.ts'
import { nodeLabels } from '#src/api/selector.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { type Complaint, forbidden, invalid } from '#src/lib/field-error.ts'
import { provisionerOf } from '#src/provisioners/index.ts'
import type { Policy } from './facts.ts'

/** More nodes than an administrator lets one Workspace have. */
export function countFaults({ resource }: Workspace, { maxNodes }: Policy): Complaint[] {
  const count = resource?.count ?? 1
  if (count <= maxNodes) return []
  return [
    invalid('resource.count', count, `${count} nodes are asked for, and ${maxNodes} are allowed`, {
      fix: `ask for at most ${maxNodes}, or let an administrator raise settings.maxNodesPerWorkspace`,
    }),
  ]
}

/** Labels that would be written onto new nodes, and are not for the author of a Workspace to write. */
export function ownedLabelFaults(workspace: Workspace, policy: Policy): Complaint[] {
  const { buys } = provisionerOf(policy)
  if (buys === undefined) return []
  return Object.keys(nodeLabels(workspace.resource?.labelSelector)).flatMap((key) => {
    const owner = buys.launchesBy(key) ? undefined : ownerOfLabel(key)
    return owner === undefined
      ? []
      : [forbidden(atLabel(key), key, `only ${owner} writes this label onto a new node`, { fix: instead(key) })]
  })
}

export const atLabel = (key: string) => `resource.labelSelector.matchLabels[${key}]`

function instead(key: string): string {
  const today = OLD_LABELS.get(key)
  return today === undefined ? 'use a label of your own, for example apps: phi-3' : `write ${today}`
}
