import { FIELD_MANAGER, LABEL, WORKSPACE_API } from '#src/api/labels.ts'
import type { OwnerReference } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'

export type Role = 'precheck' | 'tuning' | 'inference'

/** Labels that find a pod, Job or StatefulSet of one part of one Workspace. */
export const selectorLabels = (workspace: Workspace, component: Role): Record<string, string> => ({
  [LABEL.workspace]: workspace.metadata.name,
  [LABEL.component]: component,
})

export const ownedLabels = (workspace: Workspace, component: Role): Record<string, string> => ({
  ...selectorLabels(workspace, component),
  [LABEL.managedBy]: FIELD_MANAGER,
})

/** Kubernetes deletes what a Workspace owns with it. */
export const ownedBy = (workspace: Workspace): OwnerReference => ({
  apiVersion: WORKSPACE_API,
  kind: 'Workspace',
  name: workspace.metadata.name,
  uid: workspace.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
})
