import type { Workspace } from '#src/api/workspace.ts'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { type Facts, type Lookup, policyOf, type SecretFacts } from '#src/reading/facts.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'

/** A Workspace that serves phi-3 on an A100: nothing is wrong with it. */
export const serving: Workspace = {
  metadata: { name: 'phi', namespace: 'team' },
  resource: {
    count: 1,
    instanceType: 'Standard_NC24ads_A100_v4',
    labelSelector: { matchLabels: { apps: 'phi-3' } },
  },
  inference: { preset: { name: 'phi-3-mini-4k-instruct', accessMode: 'public' } },
}

/** A Workspace that tunes phi-3 on an A100: nothing is wrong with it. */
export const tuning: Workspace = {
  metadata: { name: 'phi', namespace: 'team' },
  resource: {
    count: 1,
    instanceType: 'Standard_NC24ads_A100_v4',
    labelSelector: { matchLabels: { apps: 'phi-3' } },
  },
  tuning: {
    preset: { name: 'phi-3-mini-4k-instruct', accessMode: 'public' },
    method: 'qlora',
    input: { urls: ['https://example.com/data.parquet'] },
    output: { volumeSource: { persistentVolumeClaim: { claimName: 'results' } } },
  },
}

type Inference = NonNullable<Workspace['inference']>
type Tuning = NonNullable<Workspace['tuning']>
type Resource = NonNullable<Workspace['resource']>

const templateWith = (resources: object): Inference => ({
  template: { spec: { containers: [{ name: 'llm', image: 'ghcr.io/acme/llm:1', resources }] } },
})

/** Own servers: one that runs on the CPU, one that asks for a GPU. */
export const cpuTemplate = templateWith({ requests: { cpu: '8', memory: '24Gi', 'ephemeral-storage': '10Gi' } })
export const gpuTemplate = templateWith({ limits: { 'nvidia.com/gpu': 1 } })

export const servingWith = (change: Partial<Inference>): Workspace => ({
  ...serving,
  inference: { ...serving.inference, ...change },
})

export const tuningWith = (change: Partial<Tuning>): Workspace => ({
  ...tuning,
  tuning: { input: {}, output: {}, ...tuning.tuning, ...change },
})

export const nodesWith = (change: Partial<Resource>, workspace = serving): Workspace => ({
  ...workspace,
  resource: { labelSelector: {}, ...workspace.resource, ...change },
})

export const named = (name: string, workspace = serving): Workspace => ({
  ...workspace,
  metadata: { ...workspace.metadata, name },
})

export const annotated = (annotations: Readonly<Record<string, string>>, workspace = serving): Workspace => ({
  ...workspace,
  metadata: { ...workspace.metadata, annotations },
})

export const adapter = (name: string, image = `myacr.azurecr.io/adapters/${name}:0.0.1`) => ({
  source: { name, image },
  strength: '1.0',
})

export const pushed = (image: string, imagePushSecret = 'push'): Workspace =>
  tuningWith({ output: { image, imagePushSecret } })

export const pulled = (image: string, ...imagePullSecrets: string[]): Workspace =>
  tuningWith({ input: { image, imagePullSecrets } })

export const facts: Facts = {
  operation: 'CREATE',
  namespace: 'team',
  dryRun: false,
  policy: policyOf(DEFAULT_SETTINGS),
  catalog: builtInCatalog,
  configMaps: new Map(),
  secrets: new Map(),
  nodesHeld: new Map(),
}

export const byo: Partial<Facts> = { policy: { ...facts.policy, nodeProvisioner: 'byo' } }
export const gpuProvisioner: Partial<Facts> = { policy: { ...facts.policy, nodeProvisioner: 'gpu-provisioner' } }
export const aws: Partial<Facts> = { policy: { ...facts.policy, cloud: 'aws' } }

/** An update of this old object. */
export const from = (old: Workspace): Partial<Facts> => ({ operation: 'UPDATE', old })

export const configMap = (name: string, data: Readonly<Record<string, string>>): Partial<Facts> => ({
  configMaps: new Map([[name, { state: 'found', value: data }]]),
})

export const configMapState = (name: string, state: 'missing' | 'unknown'): Partial<Facts> => ({
  configMaps: new Map([[name, { state }]]),
})

export const secret = (name: string, lookup: Lookup<SecretFacts>): Partial<Facts> => ({
  secrets: new Map([[name, lookup]]),
})

export const secretsOf = (lookups: Readonly<Record<string, Lookup<SecretFacts>>>): Partial<Facts> => ({
  secrets: new Map(Object.entries(lookups)),
})

export const dockerSecret = (...registries: string[]): Lookup<SecretFacts> => ({
  state: 'found',
  value: { type: 'kubernetes.io/dockerconfigjson', keys: ['.dockerconfigjson'], registries, loginless: [] },
})

export const loginlessSecret = (...loginless: string[]): Lookup<SecretFacts> => ({
  state: 'found',
  value: { type: 'kubernetes.io/dockerconfigjson', keys: ['.dockerconfigjson'], registries: [], loginless },
})

export const opaqueSecret = (...keys: string[]): Lookup<SecretFacts> => ({
  state: 'found',
  value: { type: 'Opaque', keys, registries: [], loginless: [] },
})
