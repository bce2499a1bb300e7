import { defined } from '#src/lib/defined.ts'
import { rowsOf } from '../row.ts'
import { configMap, nodesWith, serving, servingWith, tuning } from '../sample.ts'

const on = (instanceType: string, name: string, config?: string) =>
  nodesWith({ instanceType }, servingWith({ preset: { name }, ...defined({ config }) }))
const server = (text: string) => configMap('server', { 'inference_config.yaml': text })
const flag = (name: string) => `inference.config[inference_config.yaml].vllm.${name}`

const ONE = 'Standard_NC24ads_A100_v4'
const TWO = 'Standard_NC48ads_A100_v4'
const FOUR = 'Standard_NC96ads_A100_v4'
const EIGHT = 'Standard_ND96isr_H100_v5'

export const parallelRows = [
  ...rowsOf('inference.parallel', [
    { when: 'that says nothing of a split', workspace: serving, at: [] },
    { when: 'that tunes', workspace: tuning, at: [] },
    {
      when: 'that uses one of two GPUs by its own wish',
      workspace: on(TWO, 'phi-4', 'server'),
      facts: server('vllm: {tensor-parallel-size: 1}'),
      at: [],
    },
    {
      when: 'whose tensor-parallel-size is more than the GPUs',
      workspace: on(ONE, 'phi-4-mini-instruct', 'server'),
      facts: server('vllm: {tensor-parallel-size: 2}'),
      at: [flag('tensor-parallel-size')],
      says: 'tensor-parallel-size 2 takes 2 GPUs, and the instance type has 1',
    },
    {
      when: 'whose pipeline-parallel-size is more than the GPUs',
      workspace: on(ONE, 'phi-4-mini-instruct', 'server'),
      facts: server('vllm: {pipeline_parallel_size: 4}'),
      at: [flag('pipeline-parallel-size')],
      says: 'takes 4 GPUs',
    },
    {
      when: 'whose product of splits is more than the GPUs',
      workspace: on(FOUR, 'phi-4-mini-instruct', 'server'),
      facts: server('vllm: {tensor-parallel-size: 4, data-parallel-size: 2}'),
      at: [flag('tensor-parallel-size')],
      says: 'tensor-parallel-size 4 x data-parallel-size 2 = 8 GPUs, and the instance type has 4',
    },
    {
      when: 'whose heads do not come out even',
      workspace: on(FOUR, 'phi-4', 'server'),
      facts: server('vllm: {tensor-parallel-size: 4}'),
      at: [flag('tensor-parallel-size')],
      says: '40 attention heads and 10 key/value heads do not come out even over 4 GPUs; write 2',
    },
    {
      when: 'whose heads come out even and whose vocabulary of 100352 does not',
      workspace: on(EIGHT, 'phi-4', 'server'),
      facts: server('vllm: {tensor-parallel-size: 5}'),
      at: [flag('tensor-parallel-size')],
      says: 'the rows of its vocabulary and layers do not come out even over 5 GPUs; write 2',
    },
    {
      when: 'of unknown heads over three GPUs',
      workspace: on(FOUR, 'Qwen/Qwen3.6-27B', 'server'),
      facts: server('vllm: {tensor-parallel-size: 3}'),
      at: [flag('tensor-parallel-size')],
      says: 'do not come out even over 3 GPUs; write 4',
    },
    {
      when: 'of unknown heads over all of them',
      workspace: on(FOUR, 'Qwen/Qwen3.6-27B', 'server'),
      facts: server('vllm: {tensor-parallel-size: 4}'),
      at: [],
    },
    {
      when: 'that shares out prompts over more GPUs than there are',
      workspace: on(TWO, 'phi-4-mini-instruct', 'server'),
      facts: server('vllm: {tensor-parallel-size: 2, prefill-context-parallel-size: 2}'),
      at: [flag('tensor-parallel-size')],
      says: 'tensor-parallel-size 2 x prefill-context-parallel-size 2 = 4 GPUs, and the instance type has 2',
    },
    {
      when: 'of an unknown model on more GPUs than there are',
      workspace: on(TWO, 'someone/huge', 'server'),
      facts: server('vllm: {tensor-parallel-size: 4}'),
      at: [flag('tensor-parallel-size')],
    },
    {
      when: 'of an unknown model on all GPUs',
      workspace: on(TWO, 'someone/huge', 'server'),
      facts: server('vllm: {tensor-parallel-size: 2}'),
      at: [],
    },
  ]),
  ...rowsOf('inference.idle-gpus', [
    { when: 'that uses the one GPU', workspace: serving, at: [] },
    { when: 'whose heads come out even over eight', workspace: on(EIGHT, 'phi-4-mini-instruct'), at: [] },
    {
      when: 'with 10 key/value heads on four GPUs, in two copies',
      workspace: on(FOUR, 'phi-3-medium-4k-instruct'),
      at: [],
    },
    {
      when: 'with 28 heads on eight GPUs, in two copies',
      workspace: on(EIGHT, 'qwen2.5-coder-7b-instruct'),
      at: [],
    },
    {
      when: 'of which nothing is known on two GPUs',
      workspace: on(TWO, 'someone/huge'),
      at: ['resource.instanceType'],
      says: 'set tensor-parallel-size',
    },
    {
      when: 'that asks for less itself',
      workspace: on(TWO, 'phi-4', 'server'),
      facts: server('vllm: {tensor-parallel-size: 1}'),
      at: ['resource.instanceType'],
      says: 'asks for no more',
    },
  ]),
  ...rowsOf('inference.capability', [
    { when: 'on an A100', workspace: on(ONE, 'gpt-oss-20b'), at: [] },
    { when: 'in plain 16 bits on a T4', workspace: on('Standard_NC4as_T4_v3', 'phi-3-mini-4k-instruct'), at: [] },
    {
      when: 'with MXFP4 weights on a T4',
      workspace: on('Standard_NC64as_T4_v3', 'gpt-oss-20b'),
      at: ['resource.instanceType'],
      says: 'compute capability 7.5',
    },
    {
      when: 'that does not run in float16 on a T4',
      workspace: on('Standard_NC64as_T4_v3', 'gemma-3-4b-instruct'),
      at: ['resource.instanceType'],
      says: 'float16',
    },
  ]),
]
