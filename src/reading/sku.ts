import type { Workspace } from '#src/api/workspace.ts'
import { findSku } from '#src/catalog/catalog.ts'
import type { GpuSku } from '#src/catalog/gpu.ts'
import type { Facts } from './facts.ts'

/** The catalog's entry for the Workspace's instance type, if it names a known one. */
export function skuOf(workspace: Workspace, { policy, catalog }: Facts): GpuSku | undefined {
  const name = workspace.resource?.instanceType
  return name ? findSku(catalog, policy.cloud, name) : undefined
}
