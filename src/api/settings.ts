import { LONGEST_DEADLINE } from './deadline.ts'
import { LIMIT } from './limits.ts'
import { bool, group, int, listOf, object, oneOf, open, optional, type Static, text } from './schema-kit.ts'

/**
 * What an administrator decides once, for the whole installation. The Helm chart writes it as one YAML file (a ConfigMap);
 * `src/config.ts` reads and checks it. Every field has its default here, so that an empty file is a working configuration on Azure.
 */
export const settingsSchema = object({
  cloud: oneOf(['azure', 'aws', 'arc'], { default: 'azure', description: 'Whose instance types are meant.' }),
  nodeProvisioner: oneOf(['karpenter', 'byo'], {
    default: 'karpenter',
    description: 'karpenter: NodeClaims are created. byo: nodes exist and are found by labels.',
  }),
  nodeClass: group({
    group: text({ default: 'karpenter.azure.com' }),
    kind: text({ default: 'AKSNodeClass' }),
    name: text({ default: 'default' }),
  }),
  dedicatedNodes: bool({
    default: false,
    description:
      'Put a taint on new nodes that only pods of their Workspace tolerate. What every node needs, such as a device plugin, must tolerate kaito.sh/workspace-uid.',
  }),
  namespaces: listOf(text({ pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' }), {
    default: [],
    description: 'Namespaces whose Workspaces are looked after. Empty: all.',
  }),
  maxNodesPerWorkspace: int({
    default: 16,
    minimum: 1,
    maximum: LIMIT.nodes,
    description: 'Most nodes that one Workspace may ask for with resource.count.',
  }),
  templates: oneOf(['restricted', 'baseline', 'privileged'], {
    default: 'restricted',
    description: 'Pod Security Standard that inference.template has to meet. restricted: what is missing is filled in.',
  }),
  templateServiceAccounts: listOf(text({ minLength: 1 }), {
    default: [],
    description:
      'Service accounts, beside default, that inference.template may name; "*" allows any. Their rights become those of whoever may write a Workspace.',
  }),
  volumeKinds: listOf(text({ minLength: 1 }), {
    default: [],
    description: 'Kinds of volume, such as nfs, that are allowed beside the usual ones. hostPath never is.',
  }),
  engineFlags: listOf(text({ minLength: 1 }), {
    default: [],
    description:
      'Flags of vLLM, without dashes in front, that an inference_config.yaml may set beside the safe ones, to any value; "*" allows all that the operator does not set itself.',
  }),
  mediaDomains: listOf(text({ minLength: 1 }), {
    default: [],
    description:
      'Hosts that a request to a served model may have images, audio and video fetched from; "*" allows any, inside of the cluster too.',
  }),
  images: group(
    {
      operator: text({
        default: 'ghcr.io/kaito-ts/operator:0.1.0',
        description: 'This operator; also runs the fetch, pull and push steps and the gateway.',
      }),
      trainer: text({
        minLength: 1,
        default: 'ghcr.io/kaito-ts/trainer:0.1.0',
        description: 'TRL, peft and bitsandbytes; runs the train step.',
      }),
      server: text({
        minLength: 1,
        default: 'docker.io/vllm/vllm-openai:v0.33.0',
        description: 'vLLM with its OpenAI server as entry point.',
      }),
    },
    { description: 'Images of the pods that the operator starts.' },
  ),
  imagePullSecrets: listOf(text({ minLength: 1 }), {
    default: [],
    description: 'Put on every pod the operator starts; must exist in their namespaces.',
  }),
  imageVolumes: oneOf(['auto', 'always', 'never'], {
    default: 'auto',
    description:
      'Mount images as volumes. auto: where kubelet and container runtime can; else an init container pulls.',
  }),
  insecureRegistries: listOf(text({ minLength: 1 }), {
    default: [],
    description: 'host:port of registries that speak plain HTTP.',
  }),
  tokenServices: listOf(text({ minLength: 1 }), {
    default: [],
    description: 'Hosts that may be given the login of any registry which sends one there to sign in.',
  }),
  datasetAllowPrivate: listOf(text({ minLength: 1 }), {
    default: [],
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
    description:
      'A tuning run that takes longer is stopped, unless its Workspace has the annotation kaito.sh/tuning-deadline.',
  }),
  tuningDeadlineMaxSeconds: int({
    default: LONGEST_DEADLINE,
    minimum: 60,
    description: 'The longest deadline that the annotation kaito.sh/tuning-deadline may ask for.',
  }),
  tuningStallSeconds: int({
    default: 1800,
    minimum: 60,
    description:
      'A tuning run in which no step ends for so long is ended as hanging. Longer than a step, an evaluation batch or a checkpoint takes.',
  }),
  pushPatienceSeconds: int({
    default: 3600,
    minimum: 1,
    description: 'How long a push goes on trying, also after a refusal, before the trained adapter is given up.',
  }),
  tuningConcurrency: int({
    default: 32,
    minimum: 1,
    description: 'How many queued tuning runs one operator starts at a time.',
  }),
  redisUrl: text({ default: 'redis://127.0.0.1:6379' }),
  webhook: group({
    enabled: bool({ default: true }),
    port: int({ default: 9443 }),
    serviceName: text({ default: 'kaito-ts' }),
  }),
  catalog: optional(open({ description: 'Presets and instance types to add or to change: see docs/catalog.md.' })),
})

export type Settings = Static<typeof settingsSchema>
