import { SAFE_FLAGS } from './safe-flags.ts'

const NETWORK = 'where the server listens is decided by the operator, and the gateway stands in front of it'
const MODEL = 'which model and adapters are served is decided by the Workspace'
const ONE_POD = 'a replica is one pod; how its GPUs share the model is said by the -parallel-size flags'
const CODE = 'it would load code or files that nobody has checked'
const LOGS = 'it would leave what is asked of the model in the logs'
const HOSTS = 'it would send what is asked of the model to another host'
const REVISION =
  'which revision of a model is served is decided by the catalog; any other may hold what nobody has checked'

/** Flags that the operator writes, or that would take over what it decides: nobody opens them. */
export const OPERATOR_FLAGS: Readonly<Record<string, string>> = {
  host: NETWORK,
  port: NETWORK,
  uds: NETWORK,
  'root-path': NETWORK,
  'api-key':
    'a key in a ConfigMap can be read by everyone who reads the ConfigMap; name a Secret in the annotation kaito.sh/api-keys',
  'ssl-keyfile': NETWORK,
  'ssl-certfile': NETWORK,
  'ssl-ca-certs': NETWORK,
  'ssl-cert-reqs': NETWORK,
  'ssl-ciphers': NETWORK,
  'enable-ssl-refresh': NETWORK,
  'allow-credentials': NETWORK,
  'allowed-headers': NETWORK,
  'allowed-methods': NETWORK,
  grpc: NETWORK,
  'grpc-port': NETWORK,
  'tokens-only': NETWORK,
  'enable-scale-out': NETWORK,
  model: MODEL,
  tokenizer: MODEL,
  'tokenizer-revision': MODEL,
  'hf-config-path': MODEL,
  'hf-token': 'a token in a ConfigMap can be read by everyone; use presetOptions.modelAccessSecret',
  'served-model-name': MODEL,
  'lora-modules': MODEL,
  'enable-lora': MODEL,
  'default-mm-loras': MODEL,
  'download-dir': 'where weights are kept is decided by the operator',
  config: 'the settings are in this file already',
}

/** Why some flags are not among those that anybody may set. The rest of those that are not has never been asked for. */
export const REFUSED_FLAGS: Readonly<Record<string, string>> = {
  'allowed-local-media-path': 'it would let requests read files of the pod',
  'allowed-media-domains': 'it would let requests reach other hosts from the pod',
  'tool-server': 'it would let requests run code and reach other hosts from the pod',
  'trust-request-chat-template': 'it would let requests bring templates, which are code',
  'trust-request-mm-kwargs': 'it would let requests decide how much memory they take',
  'enable-prompt-embeds': 'it would let requests bring tensors, which nobody checks',
  'enable-mm-embeds': 'it would let requests bring tensors, which nobody checks',
  'otlp-traces-endpoint': HOSTS,
  'weight-transfer-config': 'it would let others replace the weights',
  headless: ONE_POD,
  nnodes: ONE_POD,
  'node-rank': ONE_POD,
  'master-addr': ONE_POD,
  'master-port': ONE_POD,
  'data-parallel-address': ONE_POD,
  'data-parallel-rpc-port': ONE_POD,
  'data-parallel-rank': ONE_POD,
  'data-parallel-start-rank': ONE_POD,
  'data-parallel-size-local': ONE_POD,
  'data-parallel-external-lb': ONE_POD,
  'data-parallel-hybrid-lb': ONE_POD,
  'data-parallel-multi-port-external-lb': ONE_POD,
  'data-parallel-supervisor-port': ONE_POD,
  middleware: CODE,
  'trust-remote-code': CODE,
  'logits-processors': CODE,
  'tool-parser-plugin': CODE,
  'reasoning-parser-plugin': CODE,
  'io-processor-plugin': CODE,
  'worker-cls': CODE,
  'worker-extension-cls': CODE,
  'scheduler-cls': CODE,
  'log-config-file': CODE,
  'logging-config': CODE,
  'model-class-overrides': CODE,
  'enable-log-requests': LOGS,
  'enable-log-outputs': LOGS,
  'enable-log-deltas': LOGS,
  'kv-events-config': HOSTS,
  'kv-transfer-config': HOSTS,
  'ec-transfer-config': HOSTS,
  'kv-offloading-backend': HOSTS,
  'ec-manager-config': CODE,
  revision: REVISION,
  'code-revision': REVISION,
  'spec-model': "it would load one more model than the Workspace's",
  'profiler-config': 'it would let requests write files',
  'watchdog-config': 'it would write files',
  'mm-encoder-fp8-scale-save-path': 'it would write files',
}

/** Flags that a user may set. What is not the engine's is done by the gateway in front of it. */
export const ENGINE_FLAGS: ReadonlySet<string> = new Set([...SAFE_FLAGS, 'allowed-origins', 'chat-template'])

/** Flags of older releases, which the server of today does not start with: what to do instead. */
export const REMOVED_FLAGS: Readonly<Record<string, string>> = {
  'calculate-kv-scales': 'remove it',
  'guided-decoding-backend': 'write structured-outputs-config: {backend: …}',
  'max-num-partial-prefills': 'remove it',
  'max-seq-len-to-capture': 'write max-cudagraph-capture-size, or remove it',
  'num-lookahead-slots': 'remove it',
  'num-scheduler-steps': 'remove it',
  'override-pooler-config': 'write pooler-config',
  'rope-scaling': 'write hf-overrides: {rope_parameters: …}',
  'rope-theta': 'write hf-overrides: {rope_parameters: …}',
  'swap-space': 'remove it',
  task: 'write runner, or remove it',
}
