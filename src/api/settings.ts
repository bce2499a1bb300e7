import { bool, int, listOf, object, oneOf, open, optional, type Static, text } from './schema-kit.ts'

/**
 * What an administrator decides once, for the whole installation. The Helm chart writes it as one YAML file (a ConfigMap);
 * `src/config.ts` reads and checks it. Every field has a default, so that an empty file is a working configuration on Azure.
 */
export const settingsSchema = object({
  cloud: oneOf(['azure', 'aws', 'arc'], { default: 'azure', description: 'Whose instance types are meant.' }),
  nodeProvisioner: oneOf(['karpenter', 'byo'], {
    default: 'karpenter',
    description: 'karpenter: NodeClaims are created. byo: nodes exist and are found by labels.',
  }),
  nodeClass: object({
    group: text({ default: 'karpenter.azure.com' }),
    kind: text({ default: 'AKSNodeClass' }),
    name: text({ default: 'default' }),
  }),
  images: object(
    {
      operator: text({ description: 'This operator; also runs the fetch, pull and push steps and the gateway.' }),
      trainer: text({ description: 'TRL, peft and bitsandbytes; runs the train step.' }),
      server: text({ description: 'vLLM with its OpenAI server as entry point.' }),
    },
    { description: 'Images of the pods that the operator starts.' },
  ),
  imagePullSecrets: listOf(text(), {
    description: 'Put on every pod the operator starts; must exist in their namespaces.',
  }),
  imageVolumes: oneOf(['auto', 'always', 'never'], {
    default: 'auto',
    description:
      'Mount images as volumes. auto: where kubelet and container runtime can; else an init container pulls.',
  }),
  insecureRegistries: listOf(text(), { description: 'host:port of registries that speak plain HTTP.' }),
  datasetAllowPrivate: listOf(text(), {
    description: 'Hosts and CIDRs that datasets may come from although they are private.',
  }),
  datasetMaxBytes: int({
    default: 107_374_182_400,
    minimum: 1,
    description: 'Largest dataset, bytes, all files together.',
  }),
  tuningDeadlineSeconds: int({
    default: 86_400,
    minimum: 60,
    description: 'A tuning run that takes longer is stopped.',
  }),
  tuningConcurrency: int({
    default: 32,
    minimum: 1,
    description: 'How many queued tuning runs one operator starts at a time.',
  }),
  redisUrl: text({ default: 'redis://127.0.0.1:6379' }),
  webhook: object({
    enabled: bool(),
    port: int({ default: 9443 }),
    serviceName: text({ default: 'kaito-ts' }),
  }),
  catalog: optional(open({ description: 'Presets and instance types to add or to change: see docs/catalog.md.' })),
})

export type Settings = Static<typeof settingsSchema>

/** The settings of an installation that says nothing. */
export const DEFAULT_SETTINGS: Settings = {
  cloud: 'azure',
  nodeProvisioner: 'karpenter',
  nodeClass: { group: 'karpenter.azure.com', kind: 'AKSNodeClass', name: 'default' },
  images: {
    operator: 'ghcr.io/kaito-ts/operator:0.1.0',
    trainer: 'ghcr.io/kaito-ts/trainer:0.1.0',
    server: 'docker.io/vllm/vllm-openai:v0.33.0',
  },
  imagePullSecrets: [],
  imageVolumes: 'auto',
  insecureRegistries: [],
  datasetAllowPrivate: [],
  datasetMaxBytes: 107_374_182_400,
  tuningDeadlineSeconds: 86_400,
  tuningConcurrency: 32,
  redisUrl: 'redis://127.0.0.1:6379',
  webhook: { enabled: true, port: 9443, serviceName: 'kaito-ts' },
}
