import { ANNOTATION, FIELD_MANAGER, LABEL } from '#src/api/labels.ts'
import type { ConditionView, NodeClaimView, ObjectMeta } from '#src/api/objects.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { defined } from '#src/lib/defined.ts'
import { launchFailure, quotaNumbers } from './launch-failure.ts'
import type { ClaimState } from './provisioner.ts'

// What Karpenter and gpu-provisioner have in common: both are made from Karpenter's own code and speak of NodeClaims.

/** Of https://karpenter.sh/docs/concepts/nodeclaims what is set here. */
// biome-ignore lint/style/useConsistentTypeDefinitions: only an alias can be handed to whatever takes any Kubernetes object
export type NodeClaim = {
  readonly apiVersion: 'karpenter.sh/v1'
  readonly kind: 'NodeClaim'
  readonly metadata: ObjectMeta
  readonly spec: NodeClaimSpec
}

export interface NodeClaimSpec {
  readonly nodeClassRef: { readonly group: string; readonly kind: string; readonly name: string }
  readonly taints: readonly NodeTaint[]
  readonly expireAfter: string
  readonly requirements: readonly {
    readonly key: string
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt'
    readonly values?: readonly string[]
  }[]
  readonly resources?: { readonly requests: Readonly<Record<string, string>> }
}

export interface NodeTaint {
  readonly key: string
  readonly value: string
  readonly effect: 'NoSchedule'
}

/** Of what is asked for by label: what goes onto the new node, and what it is launched by. */
export interface Claimed {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly spec: Omit<NodeClaimSpec, 'taints' | 'expireAfter'>
}

/** A claim with upstream's labels, taint and annotations. */
export const nodeClaim = (workspace: Workspace, settings: Settings, { name, labels, spec }: Claimed): NodeClaim => ({
  apiVersion: 'karpenter.sh/v1',
  kind: 'NodeClaim',
  metadata: {
    name,
    labels: {
      ...labels,
      [LABEL.nodePool]: NODE_POOL,
      ...ownLabels(workspace),
      [LABEL.workspaceUid]: workspace.metadata.uid ?? '',
      [LABEL.managedBy]: FIELD_MANAGER,
    },
    annotations: { [ANNOTATION.doNotDisrupt]: 'true', ...imageFamily(workspace) },
  },
  spec: {
    nodeClassRef: spec.nodeClassRef,
    taints: [
      { key: 'sku', value: 'gpu', effect: 'NoSchedule' },
      ...(settings.dedicatedNodes ? [ownTaint(workspace)] : []),
    ],
    expireAfter: 'Never',
    requirements: spec.requirements,
    ...defined({ resources: spec.resources }),
  },
})

/** A pool that does not exist, so that nobody scales it. */
export const NODE_POOL = 'kaito'

export const only = (key: string, ...values: string[]) => ({ key, operator: 'In' as const, values })

/** The labels of a selector in two: those that a node is launched by, and those that are written onto it. */
export function parted(labels: Readonly<Record<string, string>>, launchesBy: (label: string) => boolean) {
  const asked = Object.entries(labels)
  return {
    demands: Object.fromEntries(asked.filter(([key]) => launchesBy(key))),
    written: Object.fromEntries(asked.filter(([key]) => !launchesBy(key))),
  }
}

export const ownLabels = ({ metadata }: Workspace): Readonly<Record<string, string>> => ({
  [LABEL.workspace]: metadata.name,
  [LABEL.workspaceNamespace]: metadata.namespace ?? 'default',
})

/** What keeps pods of everybody else off the nodes of a Workspace. */
export const ownTaint = ({ metadata }: Workspace): NodeTaint => ({
  key: LABEL.workspaceUid,
  value: metadata.uid ?? '',
  effect: 'NoSchedule',
})

const imageFamily = (workspace: Workspace): Record<string, string> => {
  const family = workspace.metadata.annotations?.[ANNOTATION.nodeImageFamily]?.trim().toLowerCase()
  return family === undefined ? {} : { [ANNOTATION.nodeImageFamily]: family }
}

/** By the first condition that is not met, in the order in which Karpenter meets them. */
export function readClaim(claim: NodeClaimView): ClaimState {
  for (const type of ['Launched', 'Registered', 'Initialized']) {
    const condition = claim.status?.conditions?.find((candidate) => candidate.type === type)
    if (condition?.status === 'True') continue
    const message = `NodeClaim ${claim.metadata.name} is not ${type}: ${condition?.message ?? 'no word yet'}`
    return hasFailed(condition) ? failed(message) : { phase: 'pending', reason: 'NodeClaimPending', message }
  }
  return { phase: 'ready' }
}

function failed(said: string): ClaimState {
  const { reason, remedy } = launchFailure(said)
  const numbers = quotaNumbers(said)
  const message = `${numbers === undefined ? '' : `${numbers}: `}${said}`
  return { phase: 'failed', reason, message: reason === 'NodeClaimFailed' ? message : `${message}. ${remedy}` }
}

/** A launch that failed is Unknown to Karpenter, since it tries again; the reason tells it from one that is still to come. */
const hasFailed = (condition: ConditionView | undefined) =>
  condition?.status === 'False' ||
  (condition?.type === 'Launched' && condition.reason !== undefined && condition.reason !== 'AwaitingReconciliation')
