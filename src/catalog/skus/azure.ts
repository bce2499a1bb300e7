import { defined } from '#src/lib/defined.ts'
import type { GpuSku } from '../gpu.ts'
import { AZURE_RETIRED_SKUS } from './azure-retired.ts'

type Gpu = Pick<GpuSku, 'gpuModel' | 'vendor' | 'computeCapability'> & { readonly gib: number }

const T4: Gpu = { gpuModel: 'NVIDIA T4', vendor: 'nvidia', computeCapability: 7.5, gib: 16 }
const A10: Gpu = { gpuModel: 'NVIDIA A10', vendor: 'nvidia', computeCapability: 8.6, gib: 24 }
const A100_40: Gpu = { gpuModel: 'NVIDIA A100', vendor: 'nvidia', computeCapability: 8, gib: 40 }
const A100_80: Gpu = { ...A100_40, gib: 80 }
const H100_80: Gpu = { gpuModel: 'NVIDIA H100', vendor: 'nvidia', computeCapability: 9, gib: 80 }
const H100_94: Gpu = { ...H100_80, gib: 94 }
const H200: Gpu = { gpuModel: 'NVIDIA H200', vendor: 'nvidia', computeCapability: 9, gib: 141 }
const V620: Gpu = { gpuModel: 'AMD Radeon PRO V620', vendor: 'amd', gib: 32 }

interface Extras extends Pick<GpuSku, 'notLaunched'> {
  readonly usd?: number
  /** Where it is sold at that price. */
  readonly region?: string
  readonly localNvme?: boolean
}

const PRICE_LIST = { asOf: '2026-06-18', source: 'price list of karpenter-provider-azure' }

/**
 * Prices: pay-as-you-go Linux list prices of eastus2, or of eastus where that does not sell the size. The overlay is where an
 * administrator puts own prices.
 */
const sku = (name: string, gpuCount: number, gpu: Gpu, extras: Extras): GpuSku => {
  const { usd, region = 'eastus2', localNvme = false, notLaunched } = extras
  const { gib, ...model } = gpu
  return {
    name: `Standard_${name}`,
    cloud: 'azure',
    ...model,
    gpuCount,
    gpuMemoryGiB: gpuCount * gib,
    localNvme,
    ...(usd === undefined ? {} : { price: { usdPerHour: usd, region, ...PRICE_LIST } }),
    ...defined({ notLaunched }),
  }
}

/** By karpenter-provider-azure 1.14: what its lists of GPU types and of confidential types say. */
const OTHER_NAME = { use: 'Standard_ND96asr_v4', reason: 'Azure sells this type as Standard_ND96asr_v4' }
const CONFIDENTIAL = { use: 'Standard_NC40ads_H100_v5', reason: 'Karpenter launches no confidential machines' }
const NO_DRIVER = { use: 'Standard_NV36ads_A10_v5', reason: 'AKS has no driver for its GPU' }

export const AZURE_SKUS: readonly GpuSku[] = [
  sku('NV36ads_A10_v5', 1, A10, { usd: 3.2 }),
  sku('NV72ads_A10_v5', 2, A10, { usd: 6.52 }),
  sku('NC24ads_A100_v4', 1, A100_80, { usd: 3.673, localNvme: true }),
  sku('NC48ads_A100_v4', 2, A100_80, { usd: 7.346, localNvme: true }),
  sku('NC96ads_A100_v4', 4, A100_80, { usd: 14.692, localNvme: true }),
  // KAITO's spelling. Azure's own name follows; both are accepted.
  sku('ND96asr_A100_v4', 8, A100_40, { notLaunched: OTHER_NAME }),
  sku('ND96asr_v4', 8, A100_40, { usd: 27.197, region: 'eastus' }),
  sku('ND96amsr_A100_v4', 8, A100_80, { usd: 32.77, localNvme: true }),
  sku('NC40ads_H100_v5', 1, H100_94, { usd: 6.98, localNvme: true }),
  sku('NC80adis_H100_v5', 2, H100_94, { usd: 13.96, localNvme: true }),
  sku('ND96isr_H100_v5', 8, H100_80, { usd: 98.32, localNvme: true }),
  sku('NCC40ads_H100_v5', 1, H100_94, { usd: 8.82, notLaunched: CONFIDENTIAL }),
  sku('ND96isr_H200_v5', 8, H200, { usd: 84.8, localNvme: true }),
  sku('NG32ads_V620_v1', 1, V620, { usd: 2.54, notLaunched: NO_DRIVER }),
  sku('NG32adms_V620_v1', 1, V620, { notLaunched: NO_DRIVER }),
  // Still sold, although KAITO dropped them. Turing has no bfloat16: train and serve in fp16.
  sku('NC4as_T4_v3', 1, T4, { usd: 0.526 }),
  sku('NC8as_T4_v3', 1, T4, { usd: 0.752 }),
  sku('NC16as_T4_v3', 1, T4, { usd: 1.204 }),
  sku('NC64as_T4_v3', 4, T4, { usd: 4.352 }),
  ...AZURE_RETIRED_SKUS,
]
