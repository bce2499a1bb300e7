import { LONGEST_DEADLINE } from './deadline.ts'
import { LIMIT } from './limits.ts'
import { bool, group, int, listOf, mapOf, object, oneOf, open, optional, type Static, text } from './schema-kit.ts'

/**
 * What an administrator decides once, for the whole installation. The Helm chart writes it as one YAML file (a ConfigMap);
 * `src/config.ts` reads and checks it. Every field has its default here, so that an empty file is a working configuration on Azure.
 * The chart's schema, and its values with the descriptions as comments, are generated from it.
 */
export const settingsSchema = object({
  cloud: oneOf(['azure', 'aws', 'arc'], {
    default: 'azure',
    description: 'Whose instance types are meant: azure, aws or arc.',
  }),
  nodeProvisioner: oneOf(['karpenter', 'gpu-provisioner', 'byo'], {
    default: 'karpenter',
    description:
      "karpenter, or KAITO's own gpu-provisioner (AKS only): a NodeClaim is created for every node a Workspace needs. byo: nodes exist and are found by their labels.",
  }),
  nodeClass: group(
    {
      group: text({ default: 'karpenter.azure.com' }),
      kind: text({ default: 'AKSNodeClass' }),
      name: text({ default: 'default' }),
    },
    { description: 'What NodeClaims refer to; only read with karpenter.' },
  ),
  dedicatedNodes: bool({
    default: false,
    description:
      'Put a taint on new nodes that only pods of their Workspace tolerate: kaito.sh/workspace-uid, NoSchedule. What every node needs, such as the device plugin, must tolerate that key. Servers that started under a release without it need the annotation kaito.sh/restart.',
  }),
  namespaces: listOf(text({ pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' }), {
    default: [],
    description:
      'Namespaces whose Workspaces are looked after, e.g. [team-a, team-b]; they must exist. The operator then has rights over what is in these alone (and over nodes), and Workspaces elsewhere are refused. Empty: all.',
  }),
  maxNodesPerWorkspace: int({
    default: 16,
    minimum: 1,
    maximum: LIMIT.nodes,
    description: 'Most nodes that one Workspace may ask for with resource.count.',
  }),
  maxNodesPerNamespace: int({
    default: 0,
    minimum: 0,
    description:
      'Most nodes that the Workspaces of one namespace may have together; those whose run has ended have none. 0: as many as they like.',
  }),
  namespaceNodes: mapOf(int({ minimum: 0 }), {
    default: {},
    description: 'Namespaces with another limit than that, e.g. {team-a: 8, team-b: 0}. 0: none.',
  }),
  maxPendingNodesPerWorkspace: int({
    default: 4,
    minimum: 1,
    maximum: LIMIT.nodes,
    description:
      'Most nodes of one Workspace that are claimed and have not joined yet; the next ones are claimed as these join. What is wrong with a claim, or a quota of the cloud, then shows before all are paid for.',
  }),
  templates: oneOf(['restricted', 'baseline', 'privileged'], {
    default: 'restricted',
    description:
      'Pod Security Standard that inference.template has to meet: restricted (what a template leaves out is filled in), baseline or privileged (any pod: whoever may write a Workspace may then take over a node).',
  }),
  templateServiceAccounts: listOf(text({ minLength: 1 }), {
    default: [],
    description:
      'Service accounts, beside default, that inference.template may name: [llm-server]. ["*"] allows any. Whoever may write a Workspace gets the rights of these accounts.',
  }),
  volumeKinds: listOf(text({ minLength: 1 }), {
    default: [],
    description:
      'Kinds of volume that a Workspace may use beside persistentVolumeClaim, ephemeral, emptyDir, image, configMap and csi: [nfs]. hostPath never is allowed for data; in inference.template it is where templates is privileged.',
  }),
  engineFlags: listOf(text({ minLength: 1 }), {
    default: [],
    description:
      'Flags of vLLM that an inference_config.yaml may set beside the safe ones, to any value: [trust-remote-code]. ["*"] allows all that the operator does not set itself; whoever may write a ConfigMap then runs code in the server\'s pod.',
  }),
  mediaDomains: listOf(text({ minLength: 1 }), {
    default: [],
    description:
      'Hosts that a request to a served model may have images, audio and video fetched from: [images.example.com]. Without any they are sent in data: URLs. ["*"] allows any host, also the cluster\'s own and the cloud\'s metadata service.',
  }),
  images: group(
    {
      operator: text({
        default: 'ghcr.io/kaito-ts/operator:0.1.0',
        description:
          "Runs the steps fetch, pull and push and the gateway. Default in the chart: the operator's own image.",
      }),
      trainer: text({
        minLength: 1,
        default: 'ghcr.io/kaito-ts/trainer:0.1.0',
        description: 'Runs the train step, with TRL, peft and bitsandbytes.',
      }),
      server: text({
        minLength: 1,
        default: 'docker.io/vllm/vllm-openai:v0.33.0',
        description: 'vLLM, with its OpenAI server as entry point.',
      }),
    },
    { description: 'Images of the pods that the operator starts.' },
  ),
  imagePullSecrets: listOf(text({ minLength: 1 }), {
    default: [],
    description:
      "Names of pull secrets put on every pod the operator starts; they must exist in the Workspaces' namespaces: [my-secret].",
  }),
  imageVolumes: oneOf(['auto', 'always', 'never'], {
    default: 'auto',
    description:
      'Mount images as volumes. auto: where kubelet and container runtime can, else an init container pulls. always. never.',
  }),
  insecureRegistries: listOf(text({ minLength: 1 }), {
    default: [],
    description: 'host:port of registries that speak plain HTTP.',
  }),
  tokenServices: listOf(text({ minLength: 1 }), {
    default: [],
    description:
      'Hosts that may be given the login of any registry which sends one there to sign in, e.g. [gitlab.example.com].',
  }),
  datasetAllowPrivate: listOf(text({ minLength: 1 }), {
    default: [],
    description:
      'Hosts and CIDRs that datasets may come from although they are private: [datasets.example.internal, 10.20.0.0/16].',
  }),
  datasetMaxBytes: int({
    default: 107_374_182_400,
    minimum: 1,
    description: 'Largest dataset, bytes, all files of a Workspace together. 107374182400 is 100 GiB.',
  }),
  tuningPrecheck: oneOf(['always', 'never'], {
    default: 'always',
    description:
      'Check dataset, model, training config and push in a pod without a GPU before a GPU is asked for. never: where no node has room for that pod.',
  }),
  tuningDeadlineSeconds: int({
    default: 86_400,
    minimum: 60,
    description:
      'A tuning run that takes longer is stopped, unless its Workspace has the annotation kaito.sh/tuning-deadline. 86400 is a day.',
  }),
  tuningDeadlineMaxSeconds: int({
    default: LONGEST_DEADLINE,
    minimum: 60,
    description:
      'The longest deadline that the annotation kaito.sh/tuning-deadline may ask for. 2592000 is 30 days, and the most that one can say.',
  }),
  tuningStallSeconds: int({
    default: 1800,
    minimum: 60,
    description:
      'A tuning run in which no step ends for so long is ended as hanging, and tried again. Longer than a step, an evaluation batch or a checkpoint takes.',
  }),
  pushPatienceSeconds: int({
    default: 3600,
    minimum: 1,
    description:
      'How long a push goes on trying, also after a refusal (a corrected Secret is used), before the trained adapter is given up.',
  }),
  tuningJobTtlSeconds: int({
    default: 604_800,
    minimum: 3600,
    description:
      'How long the Job of a run that has ended is kept, with its pod and the log of it. What it came to stays in the status.',
  }),
  tuningConcurrency: int({
    default: 32,
    minimum: 1,
    description: 'How many queued tuning runs one operator starts at a time.',
  }),
  gateway: group(
    {
      maxRequests: int({
        default: 512,
        minimum: 1,
        maximum: 100_000,
        description:
          'Requests that one server works on or has waiting; others get 429. Where inference.config has max-num-seqs, twice that.',
      }),
      answerSeconds: int({
        default: 600,
        minimum: 1,
        maximum: 86_400,
        description: 'Longest silence of the engine within one answer, and before its first byte.',
      }),
    },
    { description: 'Of the gateway in front of each model server.' },
  ),
  redisUrl: text({ default: 'redis://127.0.0.1:6379' }),
  webhook: group({
    enabled: bool({ default: true }),
    port: int({ default: 9443 }),
    serviceName: text({ default: 'kaito-ts' }),
    allowedNames: listOf(text({ minLength: 1 }), {
      default: [],
      description: 'Common names of the client certificates whose holders may call the webhooks. Empty: any.',
    }),
  }),
  catalog: optional(
    open({
      description:
        'Presets and instance types to add or to change, e.g. {presets: [{name: phi-3-mini-128k-instruct, weights: {image: …}}]}: see docs/catalog.md.',
    }),
  ),
})

export type Settings = Static<typeof settingsSchema>
