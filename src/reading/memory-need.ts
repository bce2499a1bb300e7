import type { Workspace } from '#src/api/workspace.ts'
import { findPreset } from '#src/catalog/catalog.ts'
import type { GpuSku } from '#src/catalog/gpu.ts'
import type { Preset } from '#src/catalog/preset.ts'
import { cheapest, type Fit, fitInference, fitTuning, perGpuGiB } from '#src/estimate/fit.ts'
import type { InferenceEstimate } from '#src/estimate/inference.ts'
import type { Split } from '#src/estimate/parallel.ts'
import { servingFit } from '#src/estimate/serving.ts'
import type { TuningEstimate } from '#src/estimate/tuning.ts'
import { lastOnly } from '#src/lib/per-object.ts'
import { findMethod } from '#src/tuning/methods/index.ts'
import { type ResolvedTrainingConfig, resolveTrainingConfig } from '#src/tuning/training-config.ts'
import { readInferenceConfig, readTrainingConfig } from './config-files.ts'
import type { Facts } from './facts.ts'
import { skuOf } from './sku.ts'
import { needsNoGpu } from './template.ts'
import { configOn, trainingEstimate } from './training-room.ts'

/** How a Workspace's model goes onto the GPUs of one instance type. */
export type Need =
  | {
      readonly kind: 'tuning'
      readonly fit: Fit
      readonly estimate: TuningEstimate
      readonly haveGiB: number
      /** What the estimate is of. */
      readonly config: ResolvedTrainingConfig
      /** With this much no trouble is expected, with as few rows at a time as the file allows. */
      readonly safeGiB: number
    }
  | {
      readonly kind: 'inference'
      readonly fit: Fit
      readonly estimate: InferenceEstimate
      readonly haveGiB: number
      /** Tokens of context that fit beside the rest. */
      readonly tokens: number
      readonly split: Split
      /** True when the file asks for exactly this context, so a shorter one is not what was asked for. */
      readonly asked: boolean
    }

/** The need of this Workspace on such instances; undefined where the model's sizes are not known. */
export function needOn(workspace: Workspace, facts: Facts, sku: GpuSku): Need | undefined {
  if (workspace.tuning) return tuningNeed(workspace, facts, sku)
  return workspace.inference ? inferenceNeed(workspace, facts, sku) : undefined
}

/** The need on the instance type that the Workspace names; undefined where it names none that is known, too. */
export const ownNeed = lastOnly((workspace: Workspace, facts: Facts): { sku: GpuSku; need: Need } | undefined => {
  const sku = skuOf(workspace, facts)
  const need = sku && needOn(workspace, facts, sku)
  return sku && need ? { sku, need } : undefined
})

/** The cheapest instance type of the cloud on which nothing is missing, or else on which it can run at all. */
export function cheapestFor(workspace: Workspace, facts: Facts): { sku: GpuSku; need: Need } | undefined {
  const { catalog, policy } = facts
  const first = (fits: readonly Fit[]) =>
    cheapest(catalog, policy.cloud, (sku) => {
      // Older ones lack bfloat16, which presets are published in. Who names one gets it, with 16-bit floats instead.
      if ((sku.computeCapability ?? 0) < 8) return false
      const need = needOn(workspace, facts, sku)
      return need !== undefined && fits.includes(need.fit)
    })
  const sku = first(['ok']) ?? first(['ok', 'warn'])
  const need = sku && needOn(workspace, facts, sku)
  return sku && need ? { sku, need } : undefined
}

/** What upstream takes when nothing is said. */
const FALLBACK = 'Standard_NC24ads_A100_v4'

/**
 * The instance type for a Workspace that names none, and why; undefined when this cloud's catalog has none to offer, or
 * when no GPU is asked for: the catalog lists types with a GPU only, and nobody pays for one by default.
 */
export function chooseInstance(
  workspace: Workspace,
  facts: Facts,
): { readonly name: string; readonly because: string } | undefined {
  if (needsNoGpu(workspace)) return undefined
  const { catalog, policy } = facts
  const chosen = cheapestFor(workspace, facts)
  if (chosen) {
    const { sku, need } = chosen
    const price = sku.price ? `, $${sku.price.usdPerHour}/h in ${sku.price.region} on ${sku.price.asOf}` : ''
    const because = `instanceType: the cheapest of ${policy.cloud} with the ${wanted(need).toFixed(1)} GiB per GPU that ${purpose(workspace)} needs${price}`
    return { name: sku.name, because }
  }
  const sku = catalog.skus.find(({ name, cloud }) => cloud === policy.cloud && name === FALLBACK)
  return sku && { name: sku.name, because: `instanceType: the memory need of ${purpose(workspace)} is not known` }
}

/** GiB per GPU with which nothing is missing. */
export const wanted = (need: Need): number => (need.kind === 'tuning' ? need.safeGiB : need.estimate.fullContext)

/** For messages: `tuning phi-3-mini-4k-instruct with qlora`, `serving phi-3-mini-4k-instruct`. */
export function purpose({ inference, tuning }: Workspace): string {
  if (tuning) return `tuning ${tuning.preset?.name ?? 'the model'} with ${tuning.method ?? 'lora'}`
  return `serving ${inference?.preset?.name ?? 'the template'}`
}

function tuningNeed(workspace: Workspace, facts: Facts, sku: GpuSku): Need | undefined {
  const preset = presetOf(workspace.tuning?.preset?.name, facts)
  const method = findMethod(workspace.tuning?.method)
  if (!preset || !method) return undefined
  const parsed = readTrainingConfig(workspace, facts)
  const config = configOn({ preset, method, sku, gpus: sku.gpuCount }, parsed?.ok ? parsed.config : {})
  const estimate = trainingEstimate({ preset, method, sku }, config)
  const least = trainingEstimate(
    { preset, method, sku },
    resolveTrainingConfig(method, parsed?.ok ? parsed.config : {}),
  )
  if (estimate === undefined || least === undefined) return undefined
  const fit = fitTuning(estimate, sku)
  return { kind: 'tuning', estimate, config, safeGiB: least.high, fit, haveGiB: perGpuGiB(sku) }
}

function inferenceNeed(workspace: Workspace, facts: Facts, sku: GpuSku): Need | undefined {
  const preset = presetOf(workspace.inference?.preset?.name, facts)
  if (!preset) return undefined
  const parsed = readInferenceConfig(workspace, facts)
  const config = parsed?.ok ? parsed.config : undefined
  const served = servingFit(preset, sku, config ?? {}, workspace.inference?.adapters?.length ?? 0)
  if (served === undefined) return undefined
  const { estimate, haveGiB, tokens, split } = served
  const fit = fitInference(estimate, sku)
  return { kind: 'inference', estimate, haveGiB, fit, tokens, split, asked: config?.maxModelLen !== undefined }
}

function presetOf(name: string | undefined, { catalog }: Facts): Preset | undefined {
  const preset = name ? findPreset(catalog, name) : undefined
  return preset?.retired ? undefined : preset
}
