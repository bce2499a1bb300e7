import type { Catalog } from '#src/catalog/catalog.ts'
import type { Cloud, GpuSku } from '#src/catalog/gpu.ts'
import type { InferenceEstimate } from './inference.ts'
import type { TuningEstimate } from './tuning.ts'

/** `deny`: cannot work. `warn`: may run out of memory, or only with a shorter context. `ok`: no trouble expected. */
export type Fit = 'deny' | 'warn' | 'ok'

/** GPU memory of one of the instance's GPUs, GiB. */
export const perGpuGiB = (sku: Pick<GpuSku, 'gpuMemoryGiB' | 'gpuCount'>): number => sku.gpuMemoryGiB / sku.gpuCount

/** Whether a run fits one GPU of the instance: training repeats the model on each, so more GPUs do not help. */
export const fitTuning = (estimate: TuningEstimate, sku: GpuSku): Fit =>
  judge(perGpuGiB(sku), estimate.low, estimate.high)

/** Whether a server fits. The estimate must be for the number of GPUs that the instances have together. */
export const fitInference = (estimate: InferenceEstimate, sku: GpuSku): Fit =>
  judge(perGpuGiB(sku), estimate.low, estimate.fullContext)

const judge = (have: number, least: number, enough: number): Fit => {
  if (have < least) return 'deny'
  return have < enough ? 'warn' : 'ok'
}

/**
 * The cheapest instance type of a cloud that the predicate accepts: to be had, NVIDIA. Those with a list price come
 * first, by price; the others by memory. Undefined when none is accepted.
 */
export function cheapest(catalog: Catalog, cloud: Cloud, accepts: (sku: GpuSku) => boolean): GpuSku | undefined {
  return catalog.skus
    .filter((sku) => sku.cloud === cloud && sku.vendor === 'nvidia' && isToBeHad(sku) && accepts(sku))
    .toSorted((a, b) => cost(a) - cost(b) || a.gpuMemoryGiB - b.gpuMemoryGiB)
    .at(0)
}

const isToBeHad = ({ retired, notLaunched }: GpuSku) => retired === undefined && notLaunched === undefined

const UNPRICED = Number.MAX_SAFE_INTEGER
const cost = (sku: GpuSku): number => sku.price?.usdPerHour ?? UNPRICED
