import type { Workspace } from '#src/api/workspace.ts'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import type { Cloud, GpuSku } from '#src/catalog/gpu.ts'
import type { Preset } from '#src/catalog/preset.ts'
import { servingNeeds } from '#src/plan/serving-needs.ts'
import type { Facts } from '#src/reading/facts.ts'
import { admit } from '#src/rules/admit.ts'
import { withDefaults } from '#src/rules/defaults.ts'
import { DEFAULT_SETTINGS } from './default-settings.ts'
import { engineFaults } from './engine-judge.ts'
import { factsOf } from './karpenter-worlds.ts'
import { aWorld, metadata } from './worlds.ts'

/** A model on an instance type: what the rules say, and what the engine would. */
export interface Pair {
  readonly cloud: Cloud
  readonly model: string
  readonly type: string
  /** Ids of rules that refuse it, and that warn. */
  readonly refused: readonly string[]
  readonly warned: readonly string[]
  /** Why the engine refuses to start with the arguments that the plan gives it. */
  readonly faults: readonly string[]
  /** GPUs of the instance that nothing runs on. */
  readonly idle: number
}

export const CLOUDS = ['azure', 'aws', 'arc'] as const satisfies readonly Cloud[]

const live = builtInCatalog.presets.filter(({ retired }) => retired === undefined)

/** Every live preset on every live type with NVIDIA's GPUs, of all clouds. */
export const allPairs = (): Pair[] =>
  builtInCatalog.skus
    .filter(({ vendor, retired, notLaunched }) => vendor === 'nvidia' && !retired && !notLaunched)
    .flatMap((sku) => live.map((preset) => pairOf(preset, sku)))

export function pairOf(preset: Preset, sku: GpuSku): Pair {
  const settings = { ...DEFAULT_SETTINGS, cloud: sku.cloud }
  // What a gated model needs beside, and is not judged here.
  const facts: Facts = { ...factsOf(settings), secrets: new Map([['hub-token', { state: 'unknown' }]]) }
  const workspace = withDefaults(serving(preset, sku), facts)
  const { errors, warnings } = admit(workspace, facts)
  const needs = servingNeeds(aWorld(workspace, { settings }), preset, { engineArgs: [] })
  const plan = 'flag' in needs ? undefined : needs
  const split = { tensor: plan?.tensor ?? 0, data: plan?.data ?? 0, pipeline: 1, gpus: plan?.gpus ?? 0 }
  return {
    cloud: sku.cloud,
    model: preset.name,
    type: sku.name,
    refused: [...new Set(errors.map(({ origin }) => origin))],
    warned: [...new Set(warnings.map(({ origin }) => origin))],
    faults: plan === undefined ? ['no split'] : engineFaults({ preset, sku, split, isHalf: plan.isHalf }),
    idle: sku.gpuCount - split.gpus,
  }
}

const serving = ({ name, gated }: Preset, { name: instanceType }: GpuSku): Workspace => ({
  metadata: metadata(),
  resource: { instanceType, labelSelector: { matchLabels: { apps: 'fit' } } },
  inference: { preset: { name, ...(gated ? { presetOptions: { modelAccessSecret: 'hub-token' } } : {}) } },
})

/** What upstream's examples serve on which type (KAITO v0.12, examples/inference and website/docs). */
export const UPSTREAM_EXAMPLES: readonly (readonly [model: string, type: string])[] = [
  ['gemma-3-27b-instruct', 'Standard_NC24ads_A100_v4'],
  ['gemma-3-4b-instruct', 'Standard_NV36ads_A10_v5'],
  ['gpt-oss-120b', 'Standard_NC24ads_A100_v4'],
  ['gpt-oss-20b', 'Standard_NV36ads_A10_v5'],
  ['llama-3.1-8b-instruct', 'Standard_NC24ads_A100_v4'],
  ['llama-3.1-8b-instruct', 'Standard_NC96ads_A100_v4'],
  ['llama-3.3-70b-instruct', 'Standard_NC48ads_A100_v4'],
  ['llama-3.3-70b-instruct', 'Standard_NC80adis_H100_v5'],
  ['ministral-3-14b-instruct', 'Standard_NC24ads_A100_v4'],
  ['ministral-3-3b-instruct', 'Standard_NV36ads_A10_v5'],
  ['ministral-3-8b-instruct', 'Standard_NC24ads_A100_v4'],
  ['mistral-7b', 'Standard_NC24ads_A100_v4'],
  ['mistral-7b-instruct', 'Standard_NC24ads_A100_v4'],
  ['deepseek-r1-distill-llama-8b', 'Standard_NC24ads_A100_v4'],
  ['deepseek-r1-distill-qwen-14b', 'Standard_NC24ads_A100_v4'],
  ['phi-3-mini-4k-instruct', 'Standard_NC24ads_A100_v4'],
  ['phi-3-mini-128k-instruct', 'Standard_NC24ads_A100_v4'],
  ['phi-3-medium-4k-instruct', 'Standard_NC24ads_A100_v4'],
  ['phi-3-medium-128k-instruct', 'Standard_NC24ads_A100_v4'],
  ['phi-3.5-mini-instruct', 'Standard_NC24ads_A100_v4'],
  ['phi-4', 'Standard_NC24ads_A100_v4'],
  ['phi-4-mini-instruct', 'Standard_NC24ads_A100_v4'],
  ['phi-4-mini-instruct', 'Standard_NC48ads_A100_v4'],
  ['phi-4-mini-instruct', 'g5.4xlarge'],
  ['qwen2.5-coder-7b-instruct', 'Standard_NC24ads_A100_v4'],
  ['qwen2.5-coder-32b-instruct', 'Standard_NC24ads_A100_v4'],
  ['google/gemma-4-31B-it', 'Standard_NC24ads_A100_v4'],
  ['deepseek-ai/DeepSeek-V4-Flash-0731', 'Standard_ND96isr_H100_v5'],
]

/** Of those that upstream spreads over several nodes of the type, which no single one holds. */
export const UPSTREAM_ON_SEVERAL_NODES: readonly (readonly [model: string, type: string])[] = [
  ['deepseek-r1-0528', 'Standard_NC80adis_H100_v5'],
  ['deepseek-v3-0324', 'Standard_NC80adis_H100_v5'],
  ['mistral-large-3-675b-instruct', 'Standard_NC80adis_H100_v5'],
]
