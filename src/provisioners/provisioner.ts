import type { Reason } from '#src/api/conditions.ts'
import type { NodeClaimView } from '#src/api/objects.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Catalog } from '#src/catalog/catalog.ts'
import type { LaunchFailure } from './launch-failure.ts'
import type { NodeClaim } from './node-claim.ts'

/** Where the nodes of Workspaces come from. One of them is chosen for an installation: `settings.nodeProvisioner`. */
export interface Provisioner {
  readonly name: Settings['nodeProvisioner']
  /** For the plan that a person reads: `nodes are provisioned`. */
  readonly how: string
  /** Definitions that the cluster must have, each with what to do where it has not. */
  readonly needs: readonly ClusterNeed[]
  /** How nodes are had. Absent where nodes exist already: then none is made, labelled or given back. */
  readonly buys?: Buying
}

export interface ClusterNeed {
  readonly kind: 'NodeClaim'
  /** What is missing, and both ways out. */
  readonly absent: string
}

/** What a claim is made from. */
export interface ClaimInputs {
  readonly workspace: Workspace
  readonly settings: Settings
  readonly catalog: Catalog
}

export interface Buying {
  /** One claim for each node that the Workspace wants, under names that never change: the same on every look. */
  readonly claims: (inputs: ClaimInputs) => readonly NodeClaim[]
  /** How far a claim has come. */
  readonly read: (claim: NodeClaimView) => ClaimState
  /** Is a label of the Workspace's selector a demand that it launches by? All others are written onto the new node. */
  readonly launchesBy: (label: string) => boolean
  /** Labels that only the nodes of this Workspace have. */
  readonly ownLabels: (workspace: Workspace) => Readonly<Record<string, string>>
}

/** `ready`: the node is up with its devices, as far as the provisioner knows. */
export type ClaimState =
  | { readonly phase: 'ready' }
  | {
      readonly phase: 'pending' | 'failed'
      readonly reason: Extract<Reason, 'NodeClaimPending'> | LaunchFailure['reason']
      /** Which claim, what it has not reached, and the provisioner's own words. */
      readonly message: string
    }
