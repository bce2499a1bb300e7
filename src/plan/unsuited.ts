import { ANNOTATION } from '#src/api/labels.ts'
import type { GpuSku } from '#src/catalog/gpu.ts'
import { breakdownText } from '#src/estimate/breakdown.ts'
import { fitTuning, perGpuGiB } from '#src/estimate/fit.ts'
import { servingFit } from '#src/estimate/serving.ts'
import { capabilityFault } from '#src/reading/capability.ts'
import { trainingEstimate } from '#src/reading/training-room.ts'
import { findMethod } from '#src/tuning/methods/index.ts'
import type { Intent } from './intent.ts'
import { unjudgedMachine } from './machine.ts'
import type { World } from './world.ts'

/**
 * Why the GPUs of nodes that exist cannot run what a Workspace asks for, before its pod downloads a model to find out. A
 * type of the catalog was judged by admission. Undefined where nothing speaks against it.
 */
export function unsuitedGpus(world: World, intent: Intent): string | undefined {
  const machine = unjudgedMachine(world)
  if (machine === undefined || intent.kind === 'unclear' || intent.kind === 'template') return undefined
  if (world.workspace.metadata.annotations?.[ANNOTATION.bypassResourceChecks] !== undefined) return undefined
  const fault = capabilityFault(intent.preset, machine, intent.kind) ?? tooLittle(world, intent, machine)
  return fault === undefined ? undefined : `${fault}: ${REMEDY}`
}

const REMEDY =
  'choose other nodes with resource.labelSelector, or a smaller model; ' +
  `the annotation ${ANNOTATION.bypassResourceChecks} goes on all the same`

type Known = Extract<Intent, { readonly kind: 'tuning' | 'inference' }>

function tooLittle({ workspace }: World, intent: Known, machine: GpuSku): string | undefined {
  const need =
    intent.kind === 'tuning' ? trainingNeed(intent, machine) : servingNeed(workspace.inference, intent, machine)
  if (need === undefined) return undefined
  const have = `${machine.gpuModel} has ${perGpuGiB(machine).toFixed(1)}`
  return `at least ${need.low.toFixed(1)} GiB per GPU are needed (${breakdownText(need.parts)}), and ${have}`
}

function trainingNeed({ preset, method: name, config }: Extract<Known, { kind: 'tuning' }>, sku: GpuSku) {
  const method = findMethod(name)
  const estimate = method && trainingEstimate({ preset, method, sku }, config)
  return estimate !== undefined && fitTuning(estimate, sku) === 'deny' ? estimate : undefined
}

function servingNeed(
  inference: World['workspace']['inference'],
  { preset, engine }: Extract<Known, { kind: 'inference' }>,
  sku: GpuSku,
) {
  const fit = servingFit(preset, sku, engine, inference?.adapters?.length ?? 0)
  return fit !== undefined && fit.estimate.low > fit.haveGiB ? fit.estimate : undefined
}
