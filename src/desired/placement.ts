import { LABEL } from '#src/api/labels.ts'
import { nodeLabels } from '#src/api/selector.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
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
  if (settings.nodeProvisioner === 'karpenter') {
    labels[LABEL.workspace] = workspace.metadata.name
    labels[LABEL.workspaceNamespace] = workspace.metadata.namespace ?? 'default'
  }
  const matchExpressions = Object.entries(labels).map(([key, value]) => ({ key, operator: 'In', values: [value] }))
  const affinity: Affinity = {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
  }
  return { ...(matchExpressions.length === 0 ? {} : { affinity }), tolerations: GPU_TAINTS }
}

/** What keeps other pods off GPU nodes: by NVIDIA's device plugin, and by gpu-provisioner's nodes. */
const GPU_TAINTS: readonly Toleration[] = [
  { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' },
]
