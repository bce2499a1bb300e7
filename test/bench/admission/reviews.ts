import type { Workspace } from '#src/api/workspace.ts'
import { admissionReview } from '#test/unit/webhooks/admission-review.ts'

/** The ConfigMap and the Secret that the tuning Workspace names. */
export const REFERENCED = [
  {
    plural: 'configmaps',
    body: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'training' },
      data: {
        'training_config.yaml': `training_config:
  ModelConfig:
    dtype: bfloat16
  QuantizationConfig:
    load_in_4bit: true
    bnb_4bit_quant_type: nf4
    bnb_4bit_compute_dtype: bfloat16
    bnb_4bit_use_double_quant: true
  LoraConfig:
    r: 8
    lora_alpha: 8
    lora_dropout: 0.0
    target_modules: [qkv_proj, o_proj]
  TrainingArguments:
    num_train_epochs: 4
    per_device_train_batch_size: 1
    save_strategy: epoch
  DatasetConfig:
    shuffle_dataset: true
    train_test_split: 1
`,
      },
    },
  },
  {
    plural: 'secrets',
    body: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'push' },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': '{"auths":{"myacr.azurecr.io":{"auth":"dXNlcjpwYXNz"}}}' },
    },
  },
] as const

const resource = {
  count: 1,
  instanceType: 'Standard_NC24ads_A100_v4',
  labelSelector: { matchLabels: { apps: 'phi-3' } },
}

/** Two good Workspaces and one with six mistakes. */
export const WORKSPACES = {
  tuning: {
    metadata: { name: 'tuning' },
    resource,
    tuning: {
      preset: { name: 'phi-3-mini-128k-instruct', accessMode: 'public' },
      method: 'qlora',
      config: 'training',
      input: { urls: ['https://example.com/datasets/dolly-15k-oai-style/train.parquet?download=true'] },
      output: { image: 'myacr.azurecr.io/adapters/phi-3:0.0.1', imagePushSecret: 'push' },
    },
  },
  inference: {
    metadata: { name: 'inference' },
    resource,
    inference: {
      preset: { name: 'phi-3-mini-128k-instruct', accessMode: 'public' },
      adapters: ['dolly', 'billing', 'support'].map((name) => ({
        source: { name, image: `myacr.azurecr.io/adapters/${name}:0.0.1` },
        strength: '1.0',
      })),
    },
  },
  refused: {
    metadata: { name: 'refused' },
    resource: { ...resource, count: 2, instanceType: 'Standard_NC24ads_A10_v4' },
    tuning: {
      preset: { name: 'phi-3-mini-128k-instuct', accessMode: 'public' },
      method: 'qlroa',
      input: { urls: ['http://169.254.169.254/latest/meta-data'] },
      output: { image: 'ACR_REPO_HERE.azurecr.io/IMAGE_NAME_HERE:0.0.1', imagePushSecret: 'ACR_REGISTRY_SECRET_HERE' },
    },
  },
} satisfies Readonly<Record<string, Workspace>>

export type ReviewName = keyof typeof WORKSPACES

/** A review with everything around the Workspace that an API server sends along. */
export function review(name: ReviewName): string {
  const { metadata, ...rest } = WORKSPACES[name]
  const manifest = { apiVersion: 'kaito.sh/v1alpha1', kind: 'Workspace', metadata, ...rest }
  const object = {
    ...manifest,
    metadata: {
      ...metadata,
      namespace: 'default',
      uid: '9f2a9dd5-9a0c-4a2b-9d5c-0a1f0b7a3a11',
      creationTimestamp: '2026-11-23T12:00:00Z',
      generation: 1,
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(manifest) },
      managedFields: [
        {
          manager: 'kubectl-client-side-apply',
          operation: 'Update',
          apiVersion: 'kaito.sh/v1alpha1',
          time: '2026-11-23T12:00:00Z',
          fieldsType: 'FieldsV1',
          fieldsV1: fieldsOf(rest),
        },
      ],
    },
  }
  return JSON.stringify(admissionReview({ name: metadata.name, object, oldObject: null }))
}

/** As server-side apply writes down who set what. */
function fieldsOf(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [`f:${key}`, fieldsOf(member)]))
}
