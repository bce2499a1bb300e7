import { API_GROUP, API_VERSION } from './labels.ts'
import { workspaceSchema } from './workspace.ts'

const condition = (type: string) => `.status.conditions[?(@.type=="${type}")].status`

/** Columns that are read here, too: a table of them is an eighth of the smallest objects, and less of others. */
export const COLUMN = { nodes: 'Nodes', state: 'State' } as const

/** The columns of `kubectl get workspace`: KAITO's five, then JobStarted and Progress for tuning, and what tells failed from waiting. */
const PRINTER_COLUMNS = [
  { name: 'Instance', type: 'string', jsonPath: '.resource.instanceType' },
  { name: 'ResourceReady', type: 'string', jsonPath: condition('ResourceReady') },
  { name: 'InferenceReady', type: 'string', jsonPath: condition('InferenceReady') },
  { name: 'JobStarted', type: 'string', jsonPath: condition('JobStarted') },
  { name: 'WorkspaceReady', type: 'string', jsonPath: condition('WorkspaceSucceeded') },
  { name: 'Progress', type: 'string', jsonPath: '.status.tuning.progress' },
  { name: COLUMN.state, type: 'string', jsonPath: '.status.state' },
  { name: 'Reason', type: 'string', priority: 1, jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
  { name: COLUMN.nodes, type: 'integer', priority: 1, jsonPath: '.resource.count' },
  { name: 'Loss', type: 'number', priority: 1, jsonPath: '.status.tuning.loss' },
  { name: 'Evaluation', type: 'string', priority: 1, jsonPath: '.status.tuning.evaluation.summary' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
]

/** The CustomResourceDefinition, printed from the schema. `crds/` holds its YAML; a check fails when that is stale. */
export function workspaceCrd(): Record<string, unknown> {
  const schema: Record<string, unknown> = JSON.parse(JSON.stringify(workspaceSchema))
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `workspaces.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      scope: 'Namespaced',
      names: {
        kind: 'Workspace',
        listKind: 'WorkspaceList',
        plural: 'workspaces',
        singular: 'workspace',
        shortNames: ['wk', 'wks'],
        categories: ['workspace'],
      },
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: PRINTER_COLUMNS,
          schema: { openAPIV3Schema: { ...schema, properties: withPlainMetadata(schema['properties']) } },
        },
      ],
    },
  }
}

/** The apiserver owns metadata: a CRD may only say that it is an object. */
function withPlainMetadata(properties: unknown): Record<string, unknown> {
  return { ...(properties as Record<string, unknown>), metadata: { type: 'object' } }
}
