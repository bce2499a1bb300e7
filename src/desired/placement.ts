import { LABEL } from '#src/api/labels.ts'
import { nodeLabels } from '#src/api/selector.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { provisionerOf } from '#src/provisioners/index.ts'
import { ownTaint } from '#src/provisioners/node-claim.ts'
import type { Affinity, Toleration } from './manifest.ts'

export interface Placement {
  readonly affinity?: Affinity
  readonly tolerations: readonly Toleration[]
}

/** Where the pods of a Workspace may run: on nodes with its labels and type; on its own nodes where those are provisioned. */
export function placement(workspace: Workspace, settings: Settings): Placement {
  const labels: Record<string, string> = { ...nodeLabels(workspace.resource?.labelSelector) }
  const instanceType = workspace.resource?.instanceType
  if (instanceType !== undefined && instanceType !== '') labels[LABEL.instanceType] = instanceType
  const { buys } = provisionerOf(settings)
  Object.assign(labels, buys?.ownLabels(workspace))
  // Also where nodes get no such taint today: a server that stays as it started would not fit its next node when they do.
  const tolerations =
    buys === undefined ? GPU_TAINTS : [...GPU_TAINTS, { ...ownTaint(workspace), operator: 'Equal' as const }]
  const matchExpressions = Object.entries(labels).map(([key, value]) => ({ key, operator: 'In', values: [value] }))
  const affinity: Affinity = {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
  }
  return { ...(matchExpressions.length === 0 ? {} : { affinity }), tolerations }
}

/** Where a push may run: on any node, and of nodes that exist also on one with a GPU, should there be no other. */
export const pushPlacement = (settings: Settings): Placement => ({
  tolerations: provisionerOf(settings).buys === undefined ? GPU_TAINTS : [],
})

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'

/**
 * A pod's own affinity, and ours as well: of its terms for a node one must hold, so ours goes into each. Otherwise a template
 * would run on the nodes of another Workspace, which somebody else pays for.
 */
export function bothAffinities(own: unknown, ours: Affinity | undefined): unknown {
  if (ours === undefined) return own
  if (!isJsonObject(own)) return ours
  const node = isJsonObject(own['nodeAffinity']) ? own['nodeAffinity'] : {}
  const required = isJsonObject(node[REQUIRED]) ? node[REQUIRED] : {}
  const terms: readonly unknown[] = Array.isArray(required['nodeSelectorTerms']) ? required['nodeSelectorTerms'] : []
  const [wanted] = ours.nodeAffinity?.[REQUIRED]?.nodeSelectorTerms ?? []
  const both = terms.map((term) => {
    // A term without conditions is no node, and stays so.
    if (!isJsonObject(term) || Object.values(term).every((list) => !Array.isArray(list) || list.length === 0))
      return term
    const listed: readonly unknown[] = Array.isArray(term['matchExpressions']) ? term['matchExpressions'] : []
    return { ...term, matchExpressions: [...listed, ...(wanted?.matchExpressions ?? [])] }
  })
  const nodeSelectorTerms = both.length === 0 ? [wanted] : both
  return { ...own, nodeAffinity: { ...node, [REQUIRED]: { ...required, nodeSelectorTerms } } }
}

/** What keeps other pods off GPU nodes: by NVIDIA's device plugin, and by gpu-provisioner's nodes. */
const GPU_TAINTS: readonly Toleration[] = [
  { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
]
