import { LABEL } from '#src/api/labels.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Json } from './pod-parts.ts'

/** The labels a node must have for a Workspace: matchLabels and the single-valued `In` expressions. */
export function wantedNodeLabels(workspace: Workspace): Record<string, string> {
  const selector = workspace.resource?.labelSelector
  const single = (selector?.matchExpressions ?? []).flatMap(({ key, operator, values }) =>
    operator === 'In' && values?.length === 1 && values[0] !== undefined ? [[key, values[0]] as const] : [],
  )
  return { ...selector?.matchLabels, ...Object.fromEntries(single) }
}

/** Where the pods of a Workspace may run: on nodes with its labels and type; on its own nodes where those are provisioned. */
export function placement(workspace: Workspace, settings: Settings): Json {
  const labels: Record<string, string> = { ...wantedNodeLabels(workspace) }
  const instanceType = workspace.resource?.instanceType
  if (instanceType !== undefined && instanceType !== '') labels[LABEL.instanceType] = instanceType
  if (settings.nodeProvisioner === 'karpenter') {
    labels[LABEL.workspace] = workspace.metadata.name
    labels[LABEL.workspaceNamespace] = workspace.metadata.namespace ?? 'default'
  }
  const matchExpressions = Object.entries(labels).map(([key, value]) => ({ key, operator: 'In', values: [value] }))
  return {
    ...(matchExpressions.length === 0
      ? {}
      : {
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
            },
          },
        }),
    tolerations: [
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
    ],
  }
}
