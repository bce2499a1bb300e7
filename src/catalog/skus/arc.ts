import type { GpuSku } from '../gpu.ts'

/** Sizes of Azure Local (AKS enabled by Arc): own hardware, so there is no list price. */
const sku = (name: string, gpuModel: string, gpuCount: number): GpuSku => ({
  name,
  cloud: 'arc',
  gpuModel,
  vendor: 'nvidia',
  gpuCount,
  gpuMemoryGiB: gpuCount * 16,
  computeCapability: 8.6,
})

export const ARC_SKUS: readonly GpuSku[] = [
  sku('Standard_NC4_A2', 'NVIDIA A2', 1),
  sku('Standard_NC8_A2', 'NVIDIA A2', 1),
  sku('Standard_NC16_A2', 'NVIDIA A2', 2),
  sku('Standard_NC32_A2', 'NVIDIA A2', 2),
  sku('Standard_NC4_A16', 'NVIDIA A16', 1),
  sku('Standard_NC8_A16', 'NVIDIA A16', 1),
  sku('Standard_NC16_A16', 'NVIDIA A16', 2),
  sku('Standard_NC32_A16', 'NVIDIA A16', 2),
]
