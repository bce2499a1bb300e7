import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, parseDocument } from 'yaml'

const EXAMPLES = join(import.meta.dirname, '..')

/** The documentation's manifests, each a file of `examples`, unchanged. */
export const SEED = {
  inference: 'inference-phi-3',
  tuning: 'tuning-phi-3-literal',
  longTuning: 'tuning-phi-3-128k-literal',
  adapter: 'inference-phi-3-adapter-literal',
} as const

export type SeedFile = (typeof SEED)[keyof typeof SEED]

/** Its Workspaces have two names: inference and the first tuning share one, the second tuning and the adapter the other. */
export const BASE_NAME = 'workspace-phi-3-mini'
export const ADAPTED_NAME = 'workspace-phi-3-mini-adapter'
export const ADAPTER_NAME = 'phi-3-adapter'
export const PUSH_SECRET = 'registry-push'
export const TRAINING_CONFIG = 'quickstart-training'

export type Manifest = Record<string, unknown> & { metadata: { name: string } }

/** Values by the dotted path of their field. */
export type Changes = Readonly<Record<string, unknown>>

/** An example file, word for word. */
export const literal = (file: SeedFile): Promise<string> => readFile(join(EXAMPLES, `${file}.yaml`), 'utf8')

/** An example file with some fields set: its placeholders, and nothing that is not named here. */
export async function filledIn(file: SeedFile, changes: Changes): Promise<Manifest> {
  const document = parseDocument(await literal(file))
  for (const [path, value] of Object.entries(changes)) document.setIn(path.split('.'), value)
  return document.toJS() as Manifest
}

/** The node labels that an example file selects. */
export async function selectedLabels(file: SeedFile): Promise<Readonly<Record<string, string>>> {
  const { resource } = parse(await literal(file)) as {
    resource: { labelSelector: { matchLabels: Record<string, string> } }
  }
  return resource.labelSelector.matchLabels
}

/** What the tuning YAML lacks: a registry, its Secret, a dataset in reach, and a training for a model that knows nothing yet. */
export const tuningChanges = (image: string, datasetUrl: string): Changes => ({
  'tuning.input.urls': [datasetUrl],
  'tuning.output.image': image,
  'tuning.output.imagePushSecret': PUSH_SECRET,
  'tuning.config': TRAINING_CONFIG,
})

export interface AdapterOptions {
  readonly strength?: string
  readonly imagePullSecrets?: readonly string[]
}

/** What the adapter YAML lacks: the image that was just tuned. */
export const adapterChanges = (image: string, { strength, imagePullSecrets }: AdapterOptions = {}): Changes => ({
  'inference.adapters.0.source.image': image,
  ...(imagePullSecrets && { 'inference.adapters.0.source.imagePullSecrets': imagePullSecrets }),
  ...(strength && { 'inference.adapters.0.strength': strength }),
})

/** A short, strong training: a few seconds on two cores, and the answers known by heart afterwards. */
export function trainingConfig(maxSteps: number): Manifest {
  const training_config = {
    // All rows are trained on: the answer that is asked for afterwards is one of them.
    DatasetConfig: { train_test_split: 1 },
    LoraConfig: { r: 8, lora_alpha: 16, lora_dropout: 0 },
    TrainingArguments: {
      max_steps: maxSteps,
      per_device_train_batch_size: 4,
      gradient_accumulation_steps: 1,
      learning_rate: 0.005,
      logging_steps: 2,
      save_steps: 10,
      max_length: 128,
    },
  }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: TRAINING_CONFIG, namespace: 'default' },
    data: { 'training_config.yaml': JSON.stringify({ training_config }, null, 2) },
  } as Manifest
}

/** What `kubectl create secret docker-registry` makes. */
export function pushSecret(registry: { name: string; user: string; password: string }): Manifest {
  const host = registry.name.split('/')[0] ?? registry.name
  const auth = Buffer.from(`${registry.user}:${registry.password}`).toString('base64')
  const config = { auths: { [host]: { username: registry.user, password: registry.password, auth } } }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { name: PUSH_SECRET, namespace: 'default' },
    stringData: { '.dockerconfigjson': JSON.stringify(config) },
  } as Manifest
}
