/**
 * The flags of `vllm serve` that whoever writes an inference_config.yaml may set: how the engine computes, what it has room for,
 * how an answer looks. Each was read in vLLM's source before it came here; one that a new release brings is refused until somebody has
 * done so. Not here is what reaches other hosts, files or code, what names another model, and what leaves the clients' words in a log.
 */
export const SAFE_FLAGS: readonly string[] = `
  all2all-backend allow-deprecated-quantization anthropic-disabled-thinking-effort api-server-count async-scheduling
  attention-backend attention-config block-size chat-template-content-format cohere-format cohere-is-reasoning-model
  compilation-config config-format convert cp-kv-cache-interleave-size cpu-distributed-timeout-seconds cpu-offload-gb
  cpu-offload-params cudagraph-capture-sizes cudagraph-metrics custom-histogram-buckets data-parallel-size
  dbo-decode-token-threshold dbo-prefill-token-threshold dcp-comm-backend dcp-kv-cache-interleave-size dcp-q-replicate
  decode-context-parallel-size default-chat-template-kwargs device-memory-utilization diffusion-config
  disable-access-log-for-endpoints disable-cascade-attn disable-chunked-mm-input disable-custom-all-reduce
  disable-hybrid-kv-cache-manager disable-log-stats disable-sliding-window disable-uvicorn-access-log
  distributed-executor-backend distributed-timeout-seconds dtype enable-auto-tool-choice enable-batch-sharded-sampling
  enable-chunked-prefill enable-cumem-allocator enable-dbo enable-ep-weight-filter enable-eplb enable-expert-parallel
  enable-flash-late-interaction enable-flashinfer-autotune enable-force-include-usage enable-hc-sp
  enable-logging-iteration-details enable-mamba-cache-stochastic-rounding enable-mamba-shared-prefix-checkpoint
  enable-mfu-metrics enable-mixed-moe-lora-format enable-moe-shared-loras enable-per-request-metrics
  enable-prefix-caching enable-prompt-tokens-details enable-request-id-headers enable-server-load-tracking
  enable-shm-tensor-arena enable-tower-connector-lora enforce-eager engram-config eplb-config
  exclude-tools-when-tool-choice-none expert-placement-strategy fully-sharded-loras gdn-prefill-backend
  generation-config gpu-memory-utilization h11-max-header-count h11-max-incomplete-event-size hf-overrides
  interleave-mm-strings ir-op-priority kda-decode-backend kda-prefill-backend kernel-config kv-cache-dtype
  kv-cache-dtype-skip-layers kv-cache-memory-bytes kv-cache-metrics kv-cache-metrics-sample kv-offloading-size
  kv-sharing-fast-prefill language-model-only limit-mm-per-prompt linear-backend load-format log-error-stack log-level
  logprobs-mode long-prefill-token-threshold long-prefill-token-threshold-adaptive lora-dtype lora-target-modules
  mamba-backend mamba-block-size mamba-cache-dtype mamba-cache-mode mamba-cache-philox-rounds mamba-ssm-cache-dtype
  mamba-ssu-algorithm max-cpu-loras max-cudagraph-capture-size max-log-len max-logprobs max-lora-cls-labels
  max-lora-rank max-loras max-model-len max-num-active-seqs max-num-batched-tokens max-num-queued-reqs
  max-num-queued-tokens max-num-scheduled-tokens max-num-seqs max-parallel-loading-workers media-io-kwargs
  mm-device-do-normalize mm-encoder-attn-backend mm-encoder-attn-dtype mm-encoder-fp8-scale-save-margin mm-encoder-only
  mm-encoder-tp-mode mm-hasher-algorithm mm-ipc-gpu-memory-gb mm-processor-cache-gb mm-processor-cache-type
  mm-processor-device mm-processor-kwargs mm-shm-cache-max-object-size-mb mm-tensor-ipc model-impl
  model-loader-extra-config moe-backend monokernel num-gpu-blocks-override numa-bind numa-bind-cpus numa-bind-nodes
  offload-backend offload-group-size offload-num-in-group offload-params offload-prefetch-step optimization-level
  override-generation-config per-request-spec-decode-metrics performance-mode pipeline-parallel-size pooler-config
  prefill-context-parallel-size prefill-schedule-interval prefix-cache-retention-interval prefix-caching-hash-algo
  prefix-match-unit quantization quantization-config reasoning-config reasoning-effort-map reasoning-parser
  renderer-num-workers replayssm-buffer-len response-role return-sampling-mask return-tokens-as-token-ids runner
  safetensors-load-strategy safetensors-prefetch-block-size safetensors-prefetch-num-threads scheduler-reserve-full-isl
  scheduling-policy seed show-hidden-metrics-for-version shutdown-timeout skip-mm-profiling skip-tokenizer-init
  sparse-indexer-topk-backend spec-method spec-tokens specialize-active-lora speculative-config sse-keep-alive-interval
  stream-interval structured-outputs-config swa-bounded-replay tensor-parallel-size tokenizer-mode tool-call-parser
  tool-strict-level ubatch-size use-fp64-gumbel use-replayssm use-tqdm-on-load uvicorn-log-level video-pruning-method
  video-pruning-rate watermark watermark-config
`
  .trim()
  .split(/\s+/)

/** Where any text would be taken for the name of a class, a folder or a format of files that nobody has checked: what may be written. */
export const FLAG_VALUES: Readonly<Record<string, readonly string[]>> = {
  'config-format': ['auto', 'hf', 'mistral'],
  'distributed-executor-backend': ['mp', 'uni'],
  'generation-config': ['auto', 'vllm'],
  // The others read pickles, or fetch from addresses of their own.
  'load-format': ['auto', 'safetensors', 'fastsafetensors', 'instanttensor', 'mistral', 'dummy'],
  // With debug and trace, prompts are logged.
  'log-level': ['info', 'warning', 'error', 'critical'],
  'model-impl': ['auto', 'vllm', 'transformers'],
  'uvicorn-log-level': ['info', 'warning', 'error', 'critical'],
}

/** Maps of which most keys are harmless and some are not: those that may be written. */
export const FLAG_KEYS: Readonly<Record<string, readonly string[]>> = {
  'compilation-config': [
    ...['level', 'mode', 'custom_ops', 'splitting_ops', 'compile_mm_encoder', 'cudagraph_mm_encoder', 'compile_sizes'],
    ...['cudagraph_mode', 'cudagraph_num_of_warmups', 'cudagraph_capture_sizes', 'cudagraph_copy_inputs'],
    ...['cudagraph_specialize_lora', 'max_cudagraph_capture_size', 'use_inductor_graph_partition', 'pass_config'],
    'dynamic_shapes_config',
  ],
  'model-loader-extra-config': ['enable_multithread_load', 'num_threads'],
  // Not `model`, which is one more model than the Workspace's: the methods that need none of their own are left.
  'speculative-config': [
    ...['method', 'num_speculative_tokens', 'prompt_lookup_max', 'prompt_lookup_min', 'max_model_len'],
    ...['disable_padded_drafter_batch', 'draft_tensor_parallel_size', 'enforce_eager', 'rejection_sample_method'],
    ...['suffix_decoding_max_tree_depth', 'suffix_decoding_max_cached_requests', 'suffix_decoding_max_spec_factor'],
    'suffix_decoding_min_token_prob',
  ],
  'structured-outputs-config': [
    ...['backend', 'disable_any_whitespace', 'disable_additional_properties', 'reasoning_parser'],
    'enable_in_reasoning',
  ],
}
