import type { GpuSku } from '../gpu.ts'

type Gpu = Pick<GpuSku, 'gpuModel' | 'vendor' | 'computeCapability'> & { readonly gib: number }

const A100_40: Gpu = { gpuModel: 'NVIDIA A100', vendor: 'nvidia', computeCapability: 8, gib: 40 }
const A100_80: Gpu = { ...A100_40, gib: 80 }
const H100: Gpu = { gpuModel: 'NVIDIA H100', vendor: 'nvidia', computeCapability: 9, gib: 80 }
const H200: Gpu = { gpuModel: 'NVIDIA H200', vendor: 'nvidia', computeCapability: 9, gib: 141 }
const A10G: Gpu = { gpuModel: 'NVIDIA A10G', vendor: 'nvidia', computeCapability: 8.6, gib: 24 }
const L4: Gpu = { gpuModel: 'NVIDIA L4', vendor: 'nvidia', computeCapability: 8.9, gib: 24 }
const V520: Gpu = { gpuModel: 'AMD Radeon Pro V520', vendor: 'amd', gib: 8 }
const TRAINIUM: Gpu = { gpuModel: 'AWS Trainium', vendor: 'aws', gib: 32 }
const INFERENTIA: Gpu = { gpuModel: 'AWS Inferentia2', vendor: 'aws', gib: 32 }

interface Extras {
  readonly usd?: number
  readonly localNvme?: boolean
}

const PRICE_LIST = { region: 'us-east-1', asOf: '2026-07-20', source: 'price list of karpenter-provider-aws' }

/** Prices: on-demand Linux list prices. Without one: not sold on demand in that region (p5e is, in blocks of time). */
const sku = (name: string, gpuCount: number, gpu: Gpu, { usd, localNvme = true }: Extras): GpuSku => {
  const { gib, ...model } = gpu
  return {
    name,
    cloud: 'aws',
    ...model,
    gpuCount,
    gpuMemoryGiB: gpuCount * gib,
    localNvme,
    ...(usd === undefined ? {} : { price: { usdPerHour: usd, ...PRICE_LIST } }),
  }
}

export const AWS_SKUS: readonly GpuSku[] = [
  sku('p4d.24xlarge', 8, A100_40, { usd: 21.957642 }),
  sku('p4de.24xlarge', 8, A100_80, { usd: 27.44705 }),
  sku('p5.48xlarge', 8, H100, { usd: 55.04 }),
  sku('p5e.48xlarge', 8, H200, {}),
  sku('p5en.48xlarge', 8, H200, { usd: 63.296 }),
  sku('g5.xlarge', 1, A10G, { usd: 1.006 }),
  sku('g5.2xlarge', 1, A10G, { usd: 1.212 }),
  sku('g5.4xlarge', 1, A10G, { usd: 1.624 }),
  sku('g5.8xlarge', 1, A10G, { usd: 2.448 }),
  sku('g5.12xlarge', 4, A10G, { usd: 5.672 }),
  sku('g5.16xlarge', 1, A10G, { usd: 4.096 }),
  sku('g5.24xlarge', 4, A10G, { usd: 8.144 }),
  sku('g5.48xlarge', 8, A10G, { usd: 16.288 }),
  sku('g6.xlarge', 1, L4, { usd: 0.8048 }),
  sku('g6.2xlarge', 1, L4, { usd: 0.9776 }),
  sku('g6.4xlarge', 1, L4, { usd: 1.3232 }),
  sku('g6.8xlarge', 1, L4, { usd: 2.0144 }),
  sku('g6.12xlarge', 4, L4, { usd: 4.6016 }),
  sku('g6.16xlarge', 1, L4, { usd: 3.3968 }),
  sku('g6.24xlarge', 4, L4, { usd: 6.6752 }),
  sku('g6.48xlarge', 8, L4, { usd: 13.3504 }),
  sku('gr6.4xlarge', 1, L4, { usd: 1.5392 }),
  sku('gr6.8xlarge', 1, L4, { usd: 2.4464 }),
  sku('g4ad.xlarge', 1, V520, { usd: 0.37853 }),
  sku('g4ad.2xlarge', 1, V520, { usd: 0.54117 }),
  sku('g4ad.4xlarge', 1, V520, { usd: 0.867 }),
  sku('g4ad.8xlarge', 2, V520, { usd: 1.734 }),
  sku('g4ad.16xlarge', 4, V520, { usd: 3.468 }),
  sku('trn1.2xlarge', 1, TRAINIUM, { usd: 1.34375 }),
  sku('trn1.32xlarge', 16, TRAINIUM, { usd: 21.5 }),
  sku('trn1n.32xlarge', 16, TRAINIUM, { usd: 24.78 }),
  sku('inf2.xlarge', 1, INFERENTIA, { usd: 0.7582, localNvme: false }),
  sku('inf2.8xlarge', 1, INFERENTIA, { usd: 1.96786, localNvme: false }),
  sku('inf2.24xlarge', 6, INFERENTIA, { usd: 6.49063, localNvme: false }),
  sku('inf2.48xlarge', 12, INFERENTIA, { usd: 12.98127, localNvme: false }),
]
