import { rowsOf } from '../row.ts'
import {
  adapter,
  annotated,
  configMap,
  configMapState,
  facts,
  nodesWith,
  serving,
  servingWith,
  tuning,
  tuningWith,
} from '../sample.ts'

const configured = tuningWith({ config: 'training' })
const training = (text: string) => configMap('training', { 'training_config.yaml': text })
const served = servingWith({ config: 'server' })
const server = (text: string) => configMap('server', { 'inference_config.yaml': text })
const on = (instanceType: string, workspace = serving) => nodesWith({ instanceType }, workspace)
const phi128k = servingWith({ preset: { name: 'phi-3-mini-128k-instruct' } })
const large = servingWith({ preset: { name: 'phi-3-medium-4k-instruct' } })
const BYPASS = { 'kaito.sh/bypass-resource-checks': 'true' }
const crowd = (count: number) => Array.from({ length: count }, (_, index) => adapter(`a${index}`))

export const configurationRows = [
  ...rowsOf('config.name', [
    { when: 'with a ConfigMap', workspace: configured, at: [] },
    { when: 'with a path', workspace: tuningWith({ config: 'a/b' }), at: ['tuning.config'] },
  ]),
  ...rowsOf('config.exists', [
    { when: 'with a ConfigMap that is there', workspace: configured, facts: training('training_config: {}'), at: [] },
    {
      when: 'with a ConfigMap that is not there',
      workspace: configured,
      facts: configMapState('training', 'missing'),
      at: ['tuning.config'],
      says: 'kubectl create configmap training --from-file=training_config.yaml -n team',
    },
  ]),
  ...rowsOf('config.key', [
    { when: 'with a ConfigMap that has it', workspace: configured, facts: training('training_config: {}'), at: [] },
    {
      when: 'with a ConfigMap that is not there yet',
      workspace: configured,
      facts: configMapState('training', 'missing'),
      at: [],
    },
    {
      when: 'with a ConfigMap without the key',
      workspace: served,
      facts: configMap('server', { 'config.yaml': '' }),
      at: ['inference.config'],
    },
  ]),
  ...rowsOf('config.unchecked', [
    { when: 'with a ConfigMap that is there', workspace: configured, facts: training('training_config: {}'), at: [] },
    {
      when: 'with a ConfigMap that was not read in time',
      workspace: configured,
      facts: configMapState('training', 'unknown'),
      at: ['tuning.config'],
    },
  ]),
  ...rowsOf('training-config.valid', [
    {
      when: 'with a good config',
      workspace: configured,
      facts: training('training_config: {LoraConfig: {r: 16}}'),
      at: [],
    },
    {
      when: 'with several mistakes in its config',
      workspace: configured,
      facts: training(
        'training_config: {LoraConfig: {r: -5, rr: {}}, TrainingArguments: {per_device_train_batch_size: 0}}',
      ),
      at: [
        'tuning.config[training_config.yaml].LoraConfig.rr',
        'tuning.config[training_config.yaml].LoraConfig.r',
        'tuning.config[training_config.yaml].TrainingArguments.per_device_train_batch_size',
      ],
    },
  ]),
  ...rowsOf('training-config.ignored', [
    { when: 'with a good config', workspace: configured, facts: training('training_config: {}'), at: [] },
    {
      when: 'with a key that does nothing',
      workspace: configured,
      facts: training('training_config: {ModelConfig: {cache_dir: /x}}'),
      at: ['tuning.config[training_config.yaml].ModelConfig.cache_dir'],
    },
  ]),
  ...rowsOf('inference-config.valid', [
    {
      when: 'with a context within the model',
      workspace: served,
      facts: server('vllm: {max-model-len: 4096}'),
      at: [],
    },
    {
      when: 'with a context beyond the model',
      workspace: served,
      facts: server('vllm: {max-model-len: 4097}'),
      at: ['inference.config[inference_config.yaml].vllm.max-model-len'],
      says: 'write at most 4096',
    },
    {
      when: 'with a misspelt flag',
      workspace: served,
      facts: server('vllm: {max-num-seqz: 8}'),
      at: ['inference.config[inference_config.yaml].vllm.max-num-seqz'],
      says: 'did you mean "max-num-seqs"?',
    },
    {
      when: 'with a flag that loads code, and one that does so inside',
      workspace: served,
      facts: server('vllm: {trust-remote-code: true, hf-overrides: {auto_map: {AutoConfig: evil--x}}}'),
      at: ['trust-remote-code', 'hf-overrides'].map((flag) => `inference.config[inference_config.yaml].vllm.${flag}`),
      says: 'have it listed in settings.engineFlags',
    },
    {
      when: 'with a flag that loads code, where that is listed',
      workspace: served,
      facts: {
        ...server('vllm: {trust-remote-code: true}'),
        policy: { ...facts.policy, engineFlags: ['trust-remote-code'] },
      },
      at: [],
    },
  ]),
  ...rowsOf('inference-config.unknown', [
    { when: 'with a flag of vLLM', workspace: served, facts: server('vllm: {max-num-seqs: 8}'), at: [] },
    {
      when: 'with a flag at the top',
      workspace: served,
      facts: server('max-num-seqs: 8'),
      at: ['inference.config[inference_config.yaml].vllm.max-num-seqs'],
      says: 'move it under vllm',
    },
  ]),
  ...rowsOf('memory.too-small', [
    { when: 'that fits', workspace: serving, at: [] },
    {
      when: 'that serves a 26 GiB model on 16 GiB',
      workspace: on('Standard_NC6s_v3', large),
      at: ['resource.instanceType'],
      says: 'weights 26.5 + overhead 3.6',
    },
    {
      when: 'that tunes a 26 GiB model without quantisation on 24 GiB',
      workspace: on(
        'Standard_NV36ads_A10_v5',
        tuningWith({ preset: { name: 'phi-3-medium-4k-instruct' }, method: 'lora' }),
      ),
      at: ['resource.instanceType'],
      says: 'the cheapest that fits',
    },
    { when: 'that bypasses the check', workspace: annotated(BYPASS, on('Standard_NC6s_v3', large)), at: [] },
    {
      when: 'whose size nobody knows',
      workspace: on('Standard_NC6s_v3', servingWith({ preset: { name: 'someone/huge' } })),
      at: [],
    },
  ]),
  ...rowsOf('memory.bypassed', [
    { when: 'that fits', workspace: annotated(BYPASS), at: [] },
    {
      when: 'that fits with its file',
      workspace: annotated(BYPASS, tuningWith({ config: 'training' })),
      facts: configMap('training', { 'training_config.yaml': '{}' }),
      at: [],
    },
    {
      when: 'that does not fit',
      workspace: annotated(BYPASS, on('Standard_NC6s_v3', large)),
      at: ['resource.instanceType'],
    },
  ]),
  ...rowsOf('memory.tight-tuning', [
    { when: 'with room to spare', workspace: tuning, at: [] },
    {
      when: 'that tunes a 26 GiB model without quantisation on 32 GiB',
      workspace: on(
        'Standard_NG32ads_V620_v1',
        tuningWith({ preset: { name: 'phi-3-medium-4k-instruct' }, method: 'lora' }),
      ),
      at: ['resource.instanceType', 'resource.instanceType'],
      says: 'the estimate is weights 26.0',
    },
  ]),
  ...rowsOf('memory.short-context', [
    { when: 'whose whole context fits', workspace: on('Standard_NC6s_v3'), at: [] },
    {
      when: 'that serves 128k tokens on 16 GiB',
      workspace: on('Standard_NC6s_v3', phi128k),
      at: ['resource.instanceType'],
      says: 'the server gets --max-model-len=',
    },
    {
      when: 'that asks for more context than fits',
      workspace: on('Standard_NC6s_v3', { ...phi128k, inference: { ...phi128k.inference, config: 'server' } }),
      facts: server('vllm: {max-model-len: 100000}'),
      at: ['resource.instanceType'],
      says: 'the server may refuse to start',
    },
    {
      when: 'that asks for less context than fits',
      workspace: on('Standard_NC6s_v3', { ...phi128k, inference: { ...phi128k.inference, config: 'server' } }),
      facts: server('vllm: {max-model-len: 8192}'),
      at: [],
    },
  ]),
  ...rowsOf('memory.adapters', [
    {
      when: 'with one adapter',
      workspace: on('Standard_NC24ads_A100_v4', servingWith({ adapters: crowd(1) })),
      at: [],
    },
    {
      when: 'with more adapters than there is room for',
      workspace: on('Standard_NC6s_v3', servingWith({ config: 'server', adapters: crowd(10) })),
      facts: server('vllm: {max-lora-rank: 128}'),
      at: ['inference.adapters'],
      says: '10 adapters take',
    },
  ]),
]
