import { isRequirement } from '#src/api/karpenter-labels.ts'
import { LABEL } from '#src/api/labels.ts'
import { nodeLabels } from '#src/api/selector.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { stableHash } from '#src/lib/stable-hash.ts'
import { NODE_POOL, nodeClaim, only, ownLabels, parted, readClaim } from './node-claim.ts'
import type { ClaimInputs, Provisioner } from './provisioner.ts'

/** Karpenter, on any cloud that it has a provider for: which machines and disks there are is said by `settings.nodeClass`. */
export const karpenter: Provisioner = {
  name: 'karpenter',
  how: 'nodes are provisioned',
  needs: [
    {
      kind: 'NodeClaim',
      absent:
        'this cluster has no NodeClaims (karpenter.sh/v1): install Karpenter (on AKS: node auto-provisioning), ' +
        'or set settings.nodeProvisioner=byo to use nodes that exist',
    },
  ],
  buys: {
    claims: (inputs) =>
      Array.from({ length: inputs.workspace.resource?.count ?? 1 }, (_, index) => claimOf(inputs, index)),
    read: readClaim,
    launchesBy: isRequirement,
    ownLabels,
  },
}

/**
 * It requests no resources: the instance type is named, and Karpenter launches only a type that fits every request. A type
 * offers no resource called `storage` (that word is gpu-provisioner's own), and its `ephemeral-storage` is what the NodeClass
 * gives it: the size of the disk is said there.
 */
function claimOf({ workspace, settings }: ClaimInputs, index: number) {
  const instanceType = workspace.resource?.instanceType ?? ''
  const { demands, written } = parted(nodeLabels(workspace.resource?.labelSelector), isRequirement)
  const required = {
    // Of machines that may be either, Karpenter launches the one that can be taken away again. What is asked for wins.
    'karpenter.sh/capacity-type': 'on-demand',
    ...demands,
    [LABEL.instanceType]: instanceType,
    'kubernetes.io/os': 'linux',
  }
  return nodeClaim(workspace, settings, {
    name: nodeClaimName(workspace, index),
    labels: written,
    spec: {
      nodeClassRef: settings.nodeClass,
      requirements: [
        only(LABEL.nodePool, NODE_POOL),
        ...Object.entries(required).map((entry) => only(...entry)),
        ...(settings.cloud === 'azure' ? [only('karpenter.azure.com/sku-name', instanceType)] : []),
      ],
    },
  })
}

/** `ws<9 hex>-<index>`: the same claim on every reconcile, so that creating it twice is creating it once. */
export const nodeClaimName = (workspace: Workspace, index: number): string => `${claimPrefix(workspace)}${index}`

/** Could this Workspace have given a claim this name? The uid is part of it; of 36 bits of it, that is. */
export const isNodeClaimName = (workspace: Workspace, name: string): boolean => name.startsWith(claimPrefix(workspace))

const claimPrefix = ({ metadata: { namespace, name, uid } }: Workspace) =>
  `ws${stableHash({ namespace, name, uid }, 9)}-`
