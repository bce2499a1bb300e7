import type { GpuSku } from '../gpu.ts'
import { ARC_SKUS } from './arc.ts'
import { AWS_SKUS } from './aws.ts'
import { AZURE_SKUS } from './azure.ts'

/** Every built-in instance type, retired ones included. */
export const SKUS: readonly GpuSku[] = [...AZURE_SKUS, ...AWS_SKUS, ...ARC_SKUS]
