import type { NodeView, PodView } from '#src/api/objects.ts'
import { nodeLabels } from '#src/api/selector.ts'
import { placement } from '#src/desired/placement.ts'
import { defined } from '#src/lib/defined.ts'
import { advised, type Finding } from '#src/observe/conditions.ts'
import { isReady, matchingNodes, type NodeWish, whyNoNode } from '#src/observe/nodes.ts'
import { provisionerGap, provisionerOf } from '#src/provisioners/index.ts'
import { overLimit } from '#src/reading/namespace-nodes.ts'
import { readTolerations } from '#src/reading/template.ts'
import type { Allotted } from '../allotment.ts'
import type { StepResult } from '../context.ts'
import { NOTHING, SELDOM } from '../plan.ts'
import type { World } from '../world.ts'
import { claimTrouble, compareClaims } from './claims.ts'
import { nodeClaimRemoval } from './deletion.ts'

/** What the workload asks of each node. */
export interface NodeNeeds {
  readonly gpus: number
}

/** Owns ResourceReady: enough nodes with the labels, the type and the GPUs, claimed first where nodes are provisioned. */
export function nodesStep(world: World, needs: NodeNeeds): StepResult {
  const { workspace, settings, catalog, obstacle, allotted } = world
  const { buys } = provisionerOf(settings)
  const gap = provisionerGap(settings, world.hasNodeClaims)
  const wish = wishOf(world, needs)
  const nodes = usableNodes(world, matchingNodes(world.nodes, wish))
  const count = workspace.resource?.count ?? 1
  const isTooMany = allotted?.fits === false
  const go = nodes.length >= count && !isTooMany
  const claims = compareClaims(world, gap === undefined ? (buys?.claims({ workspace, settings, catalog }) ?? []) : [])
  const trouble = () => {
    if (obstacle !== undefined) return obstacle
    if (isTooMany) return tooMany(world, allotted)
    if (gap !== undefined) return { reason: 'NodeProvisionerMissing' as const, message: gap }
    return buys === undefined ? whyNoNode(world.nodes, wish) : claimTrouble(world.nodeClaims, buys, claims)
  }
  const verdict = go ? ready(nodes, count) : waiting(trouble())
  return {
    // Where the nodes are there, none is bought or given back: not even when the provisioner was changed in the middle of a run.
    plan: go
      ? NOTHING
      : isTooMany
        ? // Whoever gives nodes back brings those back who may have them now.
          { ...NOTHING, again: SELDOM }
        : {
            ...NOTHING,
            apply: obstacle === undefined ? claims.next : [],
            remove: claims.left.map(nodeClaimRemoval),
            again: lookAgain(world, verdict, claims.next.length > 0),
          },
    verdicts: [verdict],
    go,
    workerNodes: nodes.map((node) => node.metadata.name),
  }
}

function wishOf({ workspace, settings, gpuPods = [] }: World, { gpus }: NodeNeeds): NodeWish {
  const { buys } = provisionerOf(settings)
  return {
    labels: { ...nodeLabels(workspace.resource?.labelSelector), ...buys?.ownLabels(workspace) },
    gpus,
    tolerations: [...readTolerations(workspace), ...placement(workspace, settings).tolerations],
    gpuPods,
    ...defined({ instanceType: workspace.resource?.instanceType }),
  }
}

/** Nodes and claims are watched; whether there can be claims at all is found out now and then. */
function lookAgain({ settings, hasNodeClaims, obstacle }: World, { reason }: Finding, isClaiming: boolean): number {
  if (obstacle !== undefined) return 15_000
  // Pods of others are not watched: when they end, nobody says so. Thousands may wait for that.
  if (reason === 'GpuInUse') return 30_000
  if (provisionerOf(settings).buys === undefined) return SELDOM
  return hasNodeClaims && !isClaiming ? SELDOM : 30_000
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

/** After a run has ended, or its training has, its nodes only cost money: the claims go back at once. */
export function releasedNodes(world: World, what: 'run' | 'training' = 'run'): StepResult {
  const remove = world.nodeClaims
    .filter((claim) => claim.metadata.deletionTimestamp === undefined)
    .map(nodeClaimRemoval)
  const message =
    provisionerOf(world.settings).buys === undefined
      ? `the ${what} has ended and its GPU is free again`
      : `the ${what} has ended and its nodes were given back`
  return {
    plan: { ...NOTHING, remove },
    verdicts: [{ type: 'ResourceReady', status: 'True', reason: 'NodesReady', message }],
    go: true,
    workerNodes: [],
  }
}

const ready = (nodes: readonly NodeView[], count: number): Finding => ({
  type: 'ResourceReady',
  status: 'True',
  reason: 'NodesReady',
  message: `${nodes.length} of ${count} wanted nodes: ${nodes.map((node) => node.metadata.name).join(', ')}`,
})

const waiting = ({ reason, message }: Pick<Finding, 'reason' | 'message'>): Finding => ({
  type: 'ResourceReady',
  status: 'False',
  reason,
  message,
})

function tooMany({ workspace: { metadata, resource } }: World, { used, limit }: Allotted) {
  const wanted = resource?.count ?? 1
  const message = overLimit(metadata.namespace ?? 'default', { wanted, used, limit })
  const remedy =
    wanted > limit
      ? 'Ask for fewer nodes in a new Workspace, or let an administrator raise settings.maxNodesPerNamespace'
      : 'It goes on by itself when another one ends or is deleted'
  return { reason: 'QuotaExceeded' as const, message: advised(message, remedy) }
}
