import { describe, expect, it } from 'vitest'
import { OPERATOR_FLAGS, REFUSED_FLAGS, REMOVED_FLAGS } from '#src/inference/engine-flags.ts'
import { flagFault } from '#src/inference/flag-rights.ts'
import { FLAG_KEYS, FLAG_VALUES, SAFE_FLAGS } from '#src/inference/safe-flags.ts'
import { VLLM_FLAGS } from '#src/inference/vllm-flags.ts'

const fault = (flag: string, value: unknown, opened: readonly string[] = []) =>
  flagFault({ flag, path: flag, value }, opened)
const text = (flag: string, value: unknown) => {
  const { detail = '', fix = '' } = fault(flag, value) ?? {}
  return `${detail}; ${fix}`
}

describe('the lists of flags', () => {
  it('hold flags that there are, each in one of them', () => {
    const lists = [SAFE_FLAGS, Object.keys(OPERATOR_FLAGS), Object.keys(REFUSED_FLAGS)].flat()
    for (const flag of lists) expect(VLLM_FLAGS, flag).toContain(flag)
    expect(new Set(lists).size).toBe(lists.length)
    for (const flag of Object.keys(REMOVED_FLAGS)) expect(VLLM_FLAGS, flag).not.toContain(flag)
    for (const flag of Object.keys({ ...FLAG_KEYS, ...FLAG_VALUES })) expect(SAFE_FLAGS, flag).toContain(flag)
  })
})

describe('a flag', () => {
  it.each<[string, unknown]>([
    ['max-num-seqs', 1],
    ['chat-template', '{% for message in messages %}{{ message.content }}{% endfor %}'],
    ['chat-template', null],
    ['enable-prefix-caching', false],
    ['no-enable-prefix-caching', true],
    ['tool-call-parser', 'hermes'],
    ['dtype', null],
    ['load-format', 'safetensors'],
    ['generation-config', 'vllm'],
    ['generation-config', null],
    ['api-server-count', 4],
    ['enable-dbo', true],
    ['limit-mm-per-prompt', { image: 9999 }],
    ['override-generation-config', { max_new_tokens: 1 }],
    ['hf-overrides', { rope_parameters: { rope_type: 'yarn', factor: 4 }, max_position_embeddings: 65536 }],
    ['hf-overrides', '{"text_config":{"d_model":1024}}'],
    ['hf-overrides.rope_parameters.factor', 4],
    ['mm-processor-kwargs', { num_crops: 4 }],
    ['compilation-config', { cudagraph_mode: 'FULL', pass_config: { fuse_norm_quant: true } }],
    ['compilation-config', 3],
    ['speculative-config', { method: 'ngram', num_speculative_tokens: 3, prompt_lookup_max: 4 }],
    ['model-loader-extra-config', { enable_multithread_load: true, num_threads: 8 }],
    ['cudagraph-capture-sizes', [1, 2, 4]],
    ['cpu-offload-params', ['mlp.experts', 'self_attn.qkv_proj']],
  ])('%s may be %j', (flag, value) => {
    expect(fault(flag, value)).toBeUndefined()
  })

  it.each<[string, unknown]>([
    ['kv-events-config', { enable_kv_cache_events: true, publisher: 'zmq', endpoint: 'tcp://*:5557' }],
    ['kv-transfer-config', { kv_connector: 'X', kv_connector_module_path: 'evil.mod', kv_role: 'kv_both' }],
    ['compilation-config', { inductor_passes: { post_grad_custom_post_pass: 'os.system' } }],
    ['compilation-config', '{"backend":"evil.backend"}'],
    ['compilation-config.backend', 'evil.backend'],
    ['compilation-config', { cache_dir: 'x' }],
    ['hf-overrides', { auto_map: { AutoConfig: 'evil--x' } }],
    ['hf-overrides', '{"auto_map":{"AutoConfig":"evil--x"}}'],
    ['hf-overrides.auto_map.AutoConfig', 'evil--x'],
    ['hf-overrides', '{"auto_map":{"AutoConfig":"evil--x"},"a":NaN}'],
    ['hf-overrides.a', ' [{"auto_map":-Infinity}]'],
    ['default-chat-template-kwargs', { chat_template: '{{ 1 }}' }],
    ['hf-overrides', [{ text_config: { image_processor_path: 'x' } }]],
    ['hf-overrides', { a: { b: 'http://169.254.169.254/' } }],
    ['speculative-config', { model: 'evil/draft', num_speculative_tokens: 3 }],
    ['spec-model', 'evil/draft'],
    ['revision', 'refs/pr/1'],
    ['code-revision', 'evil'],
    ['load-format', 'pt'],
    ['load-format', 'runai_streamer'],
    ['model-loader-extra-config', { tensorizer_uri: 'http://169.254.169.254/x' }],
    ['enable-prompt-embeds', true],
    ['trust-request-chat-template', true],
    ['no-allowed-origins', true],
    ['allowed-origins.a', 'https://a.example'],
    ['chat-template.a', '{{ 1 }}'],
    ['chat-template', '/workspace/chat_templates/tool-chat-phi4-mini.jinja'],
    ['chat-template', 'tool_chat'],
    ['chat-template', `{{ '${'x'.repeat(30_000)}' }}`],
    ['chat-template', { a: '{{ 1 }}' }],
    ['otlp-traces-endpoint', 'http://attacker:4317'],
    ['collect-detailed-traces', 'all'],
    ['profiler-config', { profiler: 'torch', torch_profiler_dir: '/mnt/adapters' }],
    ['enable-tokenizer-info-endpoint', true],
    ['data-parallel-address', '10.0.0.1'],
    ['master-addr', '10.0.0.1'],
    ['nnodes', 2],
    ['node-rank', 0],
    ['headless', true],
    ['enable-log-requests', true],
    ['log-level', 'debug'],
    ['enable-sleep-mode', true],
    ['disable-fastapi-docs', false],
    ['ssl-cert-reqs', 2],
    ['tool-server', 'attacker:8888'],
    ['ray-workers-use-nsight', true],
    ['distributed-executor-backend', 'evil.Executor'],
    ['weight-transfer-config', { backend: 'nccl' }],
    ['generation-config', '/mnt/x'],
    ['mm-processor-kwargs', { trust_remote_code: true }],
    ['structured-outputs-config', { reasoning_parser_plugin: 'x' }],
    ['allow-credentials', true],
    ['additional-config', { x: 1 }],
    ['grpc', true],
    ['allowed-media-domains', ['metadata']],
    ['no-trust-remote-code', true],
    ['middleware.0', 'evil.mw'],
  ])('%s may not be %j', (flag, value) => {
    expect(fault(flag, value)).toMatchObject({ detail: expect.any(String), fix: expect.any(String) })
  })

  it.each(['host', 'ho', 'port', 'model', 'lora-modules', 'served-model', 'mid', 'wor', 'trust-remote', 'middlewar'])(
    '%s, whole or cut off, is not for a user to set',
    (flag) => {
      expect(text(flag, 'x')).not.toContain('cut off')
      expect(fault(flag, 'x')?.type).toBe('Forbidden')
    },
  )

  it.each(['tensor-parallel', 'gpu-memory-util', 'max-model'])('%s is cut off', (flag) => {
    expect(text(flag, 1)).toContain('the name of a flag is cut off; write ')
  })

  it.each(['host_', 'HOST', 'host.x', 'lora-modules2', 'engine-id', 'load-format2', 'h', 'constructor', 'no-'])(
    '%s is refused',
    (flag) => {
      expect(fault(flag, 'x')).toBeDefined()
    },
  )

  it('that nobody knows is guessed at', () => {
    expect(text('max-num-seqz', 8)).toContain('did you mean "max-num-seqs"?')
  })
})

describe('a flag that an administrator has opened', () => {
  it.each(['trust-remote-code', 'kv-transfer-config', 'a-flag-of-another-release', 'max-num-seqs'])(
    'may be anything: %s',
    (flag) => {
      const value = { kv_connector_module_path: 'own.module' }
      expect(fault(flag, value, [flag])).toBeUndefined()
      expect(fault(flag, value, ['*'])).toBeUndefined()
    },
  )

  it('opens no other, and none that the operator writes', () => {
    expect(fault('trust-remote-code', true, ['middleware'])).toBeDefined()
    for (const flag of Object.keys(OPERATOR_FLAGS)) expect(fault(flag, 'x', [flag, '*']), flag).toBeDefined()
  })
})
