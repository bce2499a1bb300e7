import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'

const EXAMPLES = join(import.meta.dirname, '..')

/** An example file, word for word. */
export const literal = (name: string): Promise<string> => readFile(join(EXAMPLES, `${name}.yaml`), 'utf8')

/** Not the seed's own name: its literal YAML is refused as a new Workspace each time, whatever was tuned before. */
export const TUNING_NAME = 'workspace-phi-3-mini-tuning'
export const INFERENCE_NAME = 'workspace-phi-3-mini-adapter'
export const ADAPTER_NAME = 'phi-3-adapter'
export const PUSH_SECRET = 'registry-push'
export const TRAINING_CONFIG = 'quickstart-training'

type Manifest = Record<string, unknown> & { metadata: { name: string } }

/** The seed's second tuning Workspace with the placeholders filled in: a registry, a Secret, and a dataset in reach. */
export async function tuningWorkspace(image: string, datasetUrl: string, name = TUNING_NAME): Promise<Manifest> {
  const seed = parse(await literal('tuning-phi-3-128k-literal')) as Manifest & { tuning: Record<string, unknown> }
  return {
    ...seed,
    metadata: { name },
    tuning: {
      ...seed.tuning,
      config: TRAINING_CONFIG,
      input: { urls: [datasetUrl] },
      output: { image, imagePushSecret: PUSH_SECRET },
    },
  }
}

export interface AdapterOptions {
  readonly strength?: string
  readonly imagePullSecrets?: readonly string[]
}

/** The seed's inference Workspace with its placeholder replaced by the image that was just tuned. */
export async function inferenceWorkspace(image: string, options: AdapterOptions = {}): Promise<Manifest> {
  const { strength = '1.0', imagePullSecrets } = options
  const seed = parse(await literal('inference-phi-3-adapter-literal')) as Manifest & {
    inference: Record<string, unknown>
  }
  return {
    ...seed,
    inference: {
      ...seed.inference,
      adapters: [{ source: { name: ADAPTER_NAME, image, ...(imagePullSecrets && { imagePullSecrets }) }, strength }],
    },
  }
}

/** A short, strong training: a few seconds on two cores, and a visible difference afterwards. */
export function trainingConfig(maxSteps: number): Manifest {
  const training_config = {
    LoraConfig: { r: 8, lora_alpha: 16, lora_dropout: 0 },
    TrainingArguments: {
      max_steps: maxSteps,
      per_device_train_batch_size: 4,
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
