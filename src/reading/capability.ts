import type { GpuSku } from '#src/catalog/gpu.ts'
import type { Preset } from '#src/catalog/preset.ts'

/**
 * The least CUDA compute capability that the pinned images have machine code for: torch of both, bitsandbytes and vLLM
 * (docs/gpu.md, "Each binary").
 */
export const LEAST_CAPABILITY = 7.5

/** Why no shipped image runs this model on this GPU; undefined where one does, or the capability is not known. */
export function capabilityFault(
  preset: Preset | undefined,
  { gpuModel, computeCapability }: Pick<GpuSku, 'gpuModel' | 'computeCapability'>,
  purpose: 'tuning' | 'inference',
): string | undefined {
  if (computeCapability === undefined) return undefined
  const gpu = `${gpuModel} (compute capability ${computeCapability.toFixed(1)})`
  if (computeCapability < LEAST_CAPABILITY) {
    return `no image has code for ${gpu}: ${LEAST_CAPABILITY.toFixed(1)} is the least`
  }
  const needs = purpose === 'inference' ? preset?.needs : undefined
  if (needs === undefined || computeCapability >= needs.computeCapability) return undefined
  return `${gpu} cannot serve ${preset?.name}: ${needs.because}`
}
