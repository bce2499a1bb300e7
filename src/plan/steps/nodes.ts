import { LABEL } from '#src/api/labels.ts'
import type { NodeClaimView, NodeView } from '#src/api/objects.ts'
import { nodeClaims } from '#src/desired/node-claim.ts'
import { wantedNodeLabels } from '#src/desired/placement.ts'
import type { Verdict } from '#src/observe/conditions.ts'
import { matchingNodes, whyNoNode } from '#src/observe/nodes.ts'
import type { StepResult } from '../context.ts'
import { NOTHING } from '../plan.ts'
import type { World } from '../world.ts'
import { nodeClaimRemoval } from './deletion.ts'

/** What the workload asks of each node. */
export interface NodeNeeds {
  readonly gpus: number
  readonly storageGiB: number
}

/** Owns ResourceReady: enough nodes with the labels, the type and the GPUs, claimed first where nodes are provisioned. */
export function nodesStep(world: World, needs: NodeNeeds): StepResult & { readonly nodes: readonly NodeView[] } {
  const provisioned = world.settings.nodeProvisioner === 'karpenter'
  const apply = provisioned ? nodeClaims(world.workspace, world.settings, needs.storageGiB) : []
  const missing = apply.filter(
    ({ metadata }) => !world.nodeClaims.some((claim) => claim.metadata.name === metadata.name),
  )
  const labels = provisioned ? claimedLabels(world) : wantedNodeLabels(world.workspace)
  const instanceType = world.workspace.resource?.instanceType
  const found = matchingNodes(world.nodes, labels, instanceType, needs.gpus)
  const count = world.workspace.resource?.count ?? 1
  const nodes = found.slice(0, Math.max(count, found.length))
  const go = found.length >= count
  const verdict: Verdict = go
    ? ready(nodes, count)
    : provisioned
      ? claimTrouble(world.nodeClaims, missing.length)
      : waiting('NodesMissing', whyNoNode(world.nodes, labels, instanceType, needs.gpus))
  return {
    plan: { ...NOTHING, apply: missing, ...(go ? {} : { again: 30_000 }) },
    verdicts: [verdict],
    go,
    workerNodes: nodes.map((node) => node.metadata.name),
    nodes,
  }
}

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
  ...wantedNodeLabels(workspace),
  [LABEL.workspace]: workspace.metadata.name,
  [LABEL.workspaceNamespace]: workspace.metadata.namespace ?? 'default',
})

const ready = (nodes: readonly NodeView[], count: number): Verdict => ({
  type: 'ResourceReady',
  status: 'True',
  reason: 'NodesReady',
  message: `${nodes.length} of ${count} wanted nodes: ${nodes.map((node) => node.metadata.name).join(', ')}`,
})

const waiting = (reason: 'NodesMissing' | 'NodeClaimPending' | 'NodeClaimFailed', message: string): Verdict => ({
  type: 'ResourceReady',
  status: 'False',
  reason,
  message,
})

/** The claim's own first unmet condition, in the order in which Karpenter meets them. */
function claimTrouble(claims: readonly NodeClaimView[], missing: number): Verdict {
  if (missing > 0) return waiting('NodeClaimPending', `${missing} NodeClaims are being created`)
  for (const claim of claims) {
    for (const type of ['Launched', 'Registered', 'Initialized']) {
      const condition = claim.status?.conditions?.find((candidate) => candidate.type === type)
      if (condition?.status === 'True') continue
      const why = `NodeClaim ${claim.metadata.name} is not ${type}: ${condition?.message ?? 'no word yet'}`
      return waiting(condition?.status === 'False' ? 'NodeClaimFailed' : 'NodeClaimPending', why)
    }
  }
  return waiting('NodeClaimPending', 'the nodes have joined but are not ready or offer too few GPUs yet')
}
