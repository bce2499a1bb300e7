import type { Workspace } from '#src/api/workspace.ts'
import { defined } from '#src/lib/defined.ts'
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

/** The tolerations that a template brings for its own pods. What is none is left out. */
export function readTolerations({ inference }: Workspace): Toleration[] {
  const spec = inference?.preset ? undefined : inference?.template?.['spec']
  return listOf(isJsonObject(spec) ? spec['tolerations'] : undefined).flatMap((entry) => {
    if (!isJsonObject(entry)) return []
    const text = (field: string) => (typeof entry[field] === 'string' ? entry[field] : undefined)
    return [defined({ key: text('key'), operator: text('operator'), value: text('value'), effect: text('effect') })]
  })
}

interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
