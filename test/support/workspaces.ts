import type { Workspace } from '#src/api/workspace.ts'

export const GPU_TYPE = 'Standard_NC24ads_A100_v4'

/** Labels that the Workspaces below ask of a node. */
export const NODE_LABELS: Readonly<Record<string, string>> = { apps: 'phi-3' }

export const TUNED_IMAGE = 'registry.example.com/adapters/phi-3:0.0.1'
export const TUNED_DIGEST = `sha256:${'d'.repeat(64)}`

type Fields = Omit<Workspace, 'metadata'>

const resource = { count: 1, instanceType: GPU_TYPE, labelSelector: { matchLabels: NODE_LABELS } }

/** A Workspace that tunes phi-3 from one URL and pushes with the Secret `push-secret`. */
export const tuningSpec = (more: Partial<NonNullable<Workspace['tuning']>> = {}): Fields => ({
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  resource,
  tuning: {
    preset: { name: 'phi-3-mini-128k-instruct' },
    method: 'qlora',
    input: { urls: ['https://datasets.example.com/train.jsonl'] },
    output: { image: TUNED_IMAGE, imagePushSecret: 'push-secret' },
    ...more,
  },
})

/** A Workspace that serves phi-3. */
export const inferenceSpec = (more: Partial<NonNullable<Workspace['inference']>> = {}): Fields => ({
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  resource,
  inference: { preset: { name: 'phi-3-mini-128k-instruct' }, ...more },
})
