import { CONTAINER_LISTS } from '#src/api/objects.ts'
import { isJsonObject } from '#src/lib/json.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * A user's pod with what Pod Security `restricted` demands of every pod and most templates do not say. Only what is absent
 * is filled in: what says otherwise has been refused. The user stays the image's; one that is root does not start.
 */
export function restrictedPod(spec: Json): Json {
  const lists = CONTAINER_LISTS.flatMap((list) => {
    const containers = spec[list]
    return Array.isArray(containers) ? [[list, containers.map(restrictedContainer)] as const] : []
  })
  return { ...spec, ...Object.fromEntries(lists), securityContext: filled(spec['securityContext'], POD) }
}

const POD = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }

function restrictedContainer(container: unknown): unknown {
  if (!isJsonObject(container)) return container
  const context = filled(container['securityContext'], { allowPrivilegeEscalation: false })
  const capabilities = isJsonObject(context['capabilities']) ? context['capabilities'] : {}
  const own: readonly unknown[] = Array.isArray(capabilities['drop']) ? capabilities['drop'] : []
  const drop = own.includes('ALL') ? own : [...own, 'ALL']
  return { ...container, securityContext: { ...context, capabilities: { ...capabilities, drop } } }
}

/** What is null was left out. */
const filled = (own: unknown, defaults: Json): Json => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(isJsonObject(own) ? own : {}).filter(([, value]) => value !== null)),
})
