import type { Workspace } from '#src/api/workspace.ts'
import { isJsonObject } from '#src/lib/json.ts'

/** Does this Workspace serve a pod template that asks for no device at all? Such a template runs on any node. */
export function needsNoGpu({ inference, tuning }: Workspace): boolean {
  if (tuning || inference?.preset || !inference?.template) return false
  const spec = inference.template['spec']
  if (!isJsonObject(spec)) return false
  // A claim of dynamic resource allocation may be for a GPU: what for stands in another object.
  if (listOf(spec['resourceClaims']).length > 0) return false
  return ![...listOf(spec['containers']), ...listOf(spec['initContainers'])].some(asksForDevice)
}

/** Every vendor's devices are resources with a domain (`nvidia.com/gpu`, `nvidia.com/mig-1g.5gb`); what a node has itself is not. */
function asksForDevice(container: unknown): boolean {
  const resources = isJsonObject(container) ? container['resources'] : undefined
  if (!isJsonObject(resources)) return false
  return [resources['limits'], resources['requests']].some(
    (amounts) => isJsonObject(amounts) && Object.keys(amounts).some((name) => name.includes('/')),
  )
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
