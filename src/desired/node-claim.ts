import { isRequirement } from '#src/api/karpenter-labels.ts'
import { ANNOTATION, FIELD_MANAGER, LABEL } from '#src/api/labels.ts'
import { nodeLabels } from '#src/api/selector.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { NodeClaim } from './manifest.ts'
import { nodeClaimName } from './names.ts'
import { ownTaint } from './placement.ts'

/**
 * One NodeClaim per wanted node, with upstream's labels, taint and requirements, under a name that never changes.
 *
 * It requests no resources: the instance type is named, and Karpenter launches only a type that fits every request. A type
 * offers no resource called `storage` (that word is gpu-provisioner's own), and its `ephemeral-storage` is what the NodeClass
 * gives it: the size of the disk is said there.
 */
export function nodeClaims(workspace: Workspace, settings: Settings): NodeClaim[] {
  const count = workspace.resource?.count ?? 1
  return Array.from({ length: count }, (_, index) => nodeClaim(workspace, settings, index))
}

function nodeClaim(workspace: Workspace, settings: Settings, index: number): NodeClaim {
  const instanceType = workspace.resource?.instanceType ?? ''
  const asked = Object.entries(nodeLabels(workspace.resource?.labelSelector))
  const required = {
    // Of machines that may be either, Karpenter launches the one that can be taken away again. What is asked for wins.
    'karpenter.sh/capacity-type': 'on-demand',
    ...Object.fromEntries(asked.filter(([key]) => isRequirement(key))),
    [LABEL.instanceType]: instanceType,
    'kubernetes.io/os': 'linux',
  }
  const only = (key: string, ...values: string[]) => ({ key, operator: 'In' as const, values })
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodeClaim',
    metadata: {
      name: nodeClaimName(workspace, index),
      labels: {
        ...Object.fromEntries(asked.filter(([key]) => !isRequirement(key))),
        [LABEL.nodePool]: 'kaito',
        [LABEL.workspace]: workspace.metadata.name,
        [LABEL.workspaceNamespace]: workspace.metadata.namespace ?? 'default',
        [LABEL.workspaceUid]: workspace.metadata.uid ?? '',
        [LABEL.managedBy]: FIELD_MANAGER,
      },
      annotations: { [ANNOTATION.doNotDisrupt]: 'true', ...imageFamily(workspace) },
    },
    spec: {
      nodeClassRef: settings.nodeClass,
      taints: [
        { key: 'sku', value: 'gpu', effect: 'NoSchedule' },
        ...(settings.dedicatedNodes ? [ownTaint(workspace)] : []),
      ],
      expireAfter: 'Never',
      requirements: [
        only(LABEL.nodePool, 'kaito'),
        ...Object.entries(required).map((entry) => only(...entry)),
        ...(settings.cloud === 'azure' ? [only('karpenter.azure.com/sku-name', instanceType)] : []),
      ],
    },
  }
}

const imageFamily = (workspace: Workspace): Record<string, string> => {
  const family = workspace.metadata.annotations?.[ANNOTATION.nodeImageFamily]?.trim().toLowerCase()
  return family === undefined ? {} : { [ANNOTATION.nodeImageFamily]: family }
}
