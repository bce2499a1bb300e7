import { LABEL } from '#src/api/labels.ts'
import type { ConditionView, NodeClaimView, NodeView, PodView } from '#src/api/objects.ts'
import { nodeLabels } from '#src/api/selector.ts'
import { nodeClaims } from '#src/desired/node-claim.ts'
import { advised, type Finding } from '#src/observe/conditions.ts'
import { isReady, matchingNodes, whyNoNode } from '#src/observe/nodes.ts'
import { overLimit } from '#src/reading/namespace-nodes.ts'
import type { Allotted } from '../allotment.ts'
import type { StepResult } from '../context.ts'
import { NOTHING } from '../plan.ts'
import type { World } from '../world.ts'
import { nodeClaimRemoval } from './deletion.ts'

/** Said where nodes should be provisioned and Karpenter's definitions are not there: what is missing, and both ways out. */
export const NO_PROVISIONER =
  'this cluster has no NodeClaims (karpenter.sh/v1): install Karpenter (on AKS: node auto-provisioning), ' +
  'or set settings.nodeProvisioner=byo to use nodes that exist'

/** What the workload asks of each node. */
export interface NodeNeeds {
  readonly gpus: number
}

/** Owns ResourceReady: enough nodes with the labels, the type and the GPUs, claimed first where nodes are provisioned. */
export function nodesStep(world: World, needs: NodeNeeds): StepResult {
  const provisioned = world.settings.nodeProvisioner === 'karpenter'
  const claims = provisioned && world.hasNodeClaims ? nodeClaims(world.workspace, world.settings) : []
  const missing = claims.filter(
    ({ metadata }) => !world.nodeClaims.some((claim) => claim.metadata.name === metadata.name),
  )
  const next = missing.slice(0, roomForMore(world))
  const labels = provisioned ? claimedLabels(world) : nodeLabels(world.workspace.resource?.labelSelector)
  const instanceType = world.workspace.resource?.instanceType
  const nodes = usableNodes(world, matchingNodes(world.nodes, labels, instanceType, needs.gpus))
  const count = world.workspace.resource?.count ?? 1
  const { obstacle, allotted } = world
  const isTooMany = allotted?.fits === false
  const go = nodes.length >= count && !isTooMany
  const trouble = () => {
    if (obstacle !== undefined) return waiting(obstacle.reason, obstacle.message)
    if (isTooMany) return tooMany(world, allotted)
    if (!provisioned) return waiting('NodesMissing', whyNoNode(world.nodes, labels, instanceType, needs.gpus))
    if (!world.hasNodeClaims) return waiting('NodeProvisionerMissing', NO_PROVISIONER)
    return claimTrouble(world.nodeClaims, missing.length, next.length)
  }
  return {
    // Where the nodes are there, none is bought: not even when the provisioner was changed in the middle of a run.
    plan: go
      ? NOTHING
      : isTooMany
        ? // Whoever gives nodes back brings those back who may have them now.
          { ...NOTHING, again: 600_000 }
        : { ...NOTHING, apply: obstacle === undefined ? next : [], again: world.hasNodeClaims ? 30_000 : 10_000 },
    verdicts: [go ? ready(nodes, count) : trouble()],
    go,
    workerNodes: nodes.map((node) => node.metadata.name),
  }
}

/**
 * The nodes that match, and those that run pods of this Workspace already: a scheduled pod stays when its node is cordoned
 * or labelled otherwise, so a server that answers there is not without a node.
 */
function usableNodes(world: World, matching: readonly NodeView[]): readonly NodeView[] {
  const inUse = new Set(world.pods.filter(isRunning).map(({ spec }) => spec?.nodeName))
  const more = world.nodes.filter((node) => inUse.has(node.metadata.name) && isReady(node) && !matching.includes(node))
  return [...matching, ...more]
}

const isRunning = ({ metadata, status }: PodView) =>
  status?.phase === 'Running' && metadata.deletionTimestamp === undefined

/** After a run has ended its nodes only cost money: the claims go back at once. */
export function releasedNodes(world: World): StepResult {
  const remove = world.nodeClaims
    .filter((claim) => claim.metadata.deletionTimestamp === undefined)
    .map(nodeClaimRemoval)
  const message =
    world.settings.nodeProvisioner === 'karpenter'
      ? 'the run has ended and its nodes were given back'
      : 'the run has ended and its GPU is free again'
  return {
    plan: { ...NOTHING, remove },
    verdicts: [{ type: 'ResourceReady', status: 'True', reason: 'NodesReady', message }],
    go: true,
    workerNodes: [],
  }
}

const claimedLabels = ({ workspace }: World) => ({
  ...nodeLabels(workspace.resource?.labelSelector),
  [LABEL.workspace]: workspace.metadata.name,
  [LABEL.workspaceNamespace]: workspace.metadata.namespace ?? 'default',
})

const ready = (nodes: readonly NodeView[], count: number): Finding => ({
  type: 'ResourceReady',
  status: 'True',
  reason: 'NodesReady',
  message: `${nodes.length} of ${count} wanted nodes: ${nodes.map((node) => node.metadata.name).join(', ')}`,
})

const waiting = (reason: Finding['reason'], message: string): Finding => ({
  type: 'ResourceReady',
  status: 'False',
  reason,
  message,
})

function tooMany({ workspace: { metadata, resource } }: World, { used, limit }: Allotted): Finding {
  const wanted = resource?.count ?? 1
  const message = overLimit(metadata.namespace ?? 'default', { wanted, used, limit })
  const remedy =
    wanted > limit
      ? 'Ask for fewer nodes in a new Workspace, or let an administrator raise settings.maxNodesPerNamespace'
      : 'It goes on by itself when another one ends or is deleted'
  return waiting('QuotaExceeded', advised(message, remedy))
}

/**
 * How many nodes may be claimed beside those that have not joined yet: a wrong claim, or a quota of the cloud's, shows on the first
 * ones, before all are paid for. What the watch does not show yet is claimed under the same names again, which changes nothing.
 */
const roomForMore = ({ nodeClaims: claims, settings }: World): number =>
  Math.max(0, settings.maxPendingNodesPerWorkspace - claims.filter((claim) => !isMet(claim, 'Registered')).length)

const isMet = ({ status }: NodeClaimView, type: string) =>
  status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true

/** The claim's own first unmet condition, in the order in which Karpenter meets them; first of all one that has failed. */
function claimTrouble(claims: readonly NodeClaimView[], missing: number, next: number): Finding {
  const later = missing > next ? `; ${missing - next} more are claimed as these join` : ''
  const unmet = claims.flatMap((claim) => {
    const type = ['Launched', 'Registered', 'Initialized'].find((each) => !isMet(claim, each))
    if (type === undefined) return []
    const condition = claim.status?.conditions?.find((candidate) => candidate.type === type)
    const why = `NodeClaim ${claim.metadata.name} is not ${type}: ${condition?.message ?? 'no word yet'}${later}`
    return [waiting(hasFailed(condition) ? 'NodeClaimFailed' : 'NodeClaimPending', why)]
  })
  const failed = unmet.find(({ reason }) => reason === 'NodeClaimFailed')
  if (failed !== undefined) return failed
  if (next > 0) return waiting('NodeClaimPending', `${next} NodeClaims are being created${later}`)
  return unmet[0] ?? waiting('NodeClaimPending', 'the nodes have joined but are not ready or offer too few GPUs yet')
}

/** A launch that failed is Unknown to Karpenter, since it tries again; the reason tells it from one that is still to come. */
const hasFailed = (condition: ConditionView | undefined) =>
  condition?.status === 'False' ||
  (condition?.type === 'Launched' && condition.reason !== undefined && condition.reason !== 'AwaitingReconciliation')
