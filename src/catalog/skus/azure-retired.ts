import type { GpuSku } from '../gpu.ts'

type Series = Pick<GpuSku, 'gpuModel' | 'vendor' | 'computeCapability'> & {
  readonly gib: number
  readonly since: string
  readonly reason: string
}

const NC_V3: Series = {
  gpuModel: 'NVIDIA V100',
  vendor: 'nvidia',
  computeCapability: 7,
  gib: 16,
  since: '2025-09-30',
  reason: 'Azure retired the NCv3 series; current PyTorch wheels have no code for its V100 either',
}

const NV: Series = {
  gpuModel: 'NVIDIA M60',
  vendor: 'nvidia',
  computeCapability: 5.2,
  gib: 8,
  since: '2023-09-06',
  reason: 'Azure retired the NV series; its M60 is too old for current PyTorch and vLLM',
}

const NV_V3: Series = {
  ...NV,
  since: '2026-09-30',
  reason: 'Azure retired the NVv3 series; its M60 is too old for current PyTorch and vLLM',
}

const NV_V4: Series = {
  gpuModel: 'AMD Radeon Instinct MI25',
  vendor: 'amd',
  gib: 16,
  since: '2026-09-30',
  reason: 'Azure retired the NVv4 series; its MI25 is for graphics and has no CUDA',
}

const sku = (name: string, gpuCount: number, series: Series, use: string): GpuSku => {
  const { gib, since, reason, ...model } = series
  return {
    name: `Standard_${name}`,
    cloud: 'azure',
    ...model,
    gpuCount,
    gpuMemoryGiB: gpuCount * gib,
    retired: { since, use: `Standard_${use}`, reason },
  }
}

/** Sizes that KAITO's early examples use. The replacements have at least the memory of what they replace. */
export const AZURE_RETIRED_SKUS: readonly GpuSku[] = [
  sku('NC6s_v3', 1, NC_V3, 'NV36ads_A10_v5'),
  sku('NC12s_v3', 2, NC_V3, 'NV72ads_A10_v5'),
  sku('NC24s_v3', 4, NC_V3, 'NC24ads_A100_v4'),
  sku('NC24rs_v3', 4, NC_V3, 'NC24ads_A100_v4'),
  sku('NV6', 1, NV, 'NC4as_T4_v3'),
  sku('NV12', 2, NV, 'NC4as_T4_v3'),
  sku('NV24', 4, NV, 'NV72ads_A10_v5'),
  sku('NV12s_v3', 1, NV_V3, 'NC4as_T4_v3'),
  sku('NV24s_v3', 2, NV_V3, 'NC4as_T4_v3'),
  sku('NV48s_v3', 4, NV_V3, 'NV72ads_A10_v5'),
  sku('NV32as_v4', 1, NV_V4, 'NV36ads_A10_v5'),
]
