export type Cloud = 'azure' | 'aws' | 'arc'

/** One instance type with GPUs. Memory and price are of the whole instance. */
export interface GpuSku {
  readonly name: string
  readonly cloud: Cloud
  readonly gpuModel: string
  readonly vendor: 'nvidia' | 'amd' | 'aws'
  readonly gpuCount: number
  /** GPU memory of all GPUs together, GiB. */
  readonly gpuMemoryGiB: number
  /** CUDA compute capability, e.g. 8.0. */
  readonly computeCapability?: number
  readonly localNvme?: boolean
  /** On-demand list price, US dollars an hour; the region it is of, the day it was read, and where. */
  readonly price?: {
    readonly usdPerHour: number
    readonly region: string
    readonly asOf: string
    readonly source?: string
  }
  /** No longer sold: still accepted (nodes may exist), with a warning that names the replacement. */
  readonly retired?: { readonly since: string; readonly use: string; readonly reason: string }
  /** Nodes of it may exist, but Karpenter launches none: why, and what to name instead. */
  readonly notLaunched?: { readonly use: string; readonly reason: string }
}
