/** Where the server keeps one kind. `group` is empty for the core group. */
export interface Resource {
  readonly kind: string
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly namespaced: boolean
}

const core = { group: '', version: 'v1' }
const admission = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false }

/** Every kind that this program speaks of, by its `kind`. What it may do with which: the chart's roles. */
export const resources = {
  Workspace: { kind: 'Workspace', group: 'kaito.sh', version: 'v1alpha1', plural: 'workspaces', namespaced: true },
  NodeClaim: { kind: 'NodeClaim', group: 'karpenter.sh', version: 'v1', plural: 'nodeclaims', namespaced: false },
  Job: { kind: 'Job', group: 'batch', version: 'v1', plural: 'jobs', namespaced: true },
  StatefulSet: { kind: 'StatefulSet', group: 'apps', version: 'v1', plural: 'statefulsets', namespaced: true },
  Service: { kind: 'Service', ...core, plural: 'services', namespaced: true },
  PersistentVolumeClaim: {
    kind: 'PersistentVolumeClaim',
    ...core,
    plural: 'persistentvolumeclaims',
    namespaced: true,
  },
  Pod: { kind: 'Pod', ...core, plural: 'pods', namespaced: true },
  ConfigMap: { kind: 'ConfigMap', ...core, plural: 'configmaps', namespaced: true },
  Secret: { kind: 'Secret', ...core, plural: 'secrets', namespaced: true },
  Node: { kind: 'Node', ...core, plural: 'nodes', namespaced: false },
  Event: { kind: 'Event', group: 'events.k8s.io', version: 'v1', plural: 'events', namespaced: true },
  Lease: { kind: 'Lease', group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespaced: true },
  ValidatingWebhookConfiguration: {
    kind: 'ValidatingWebhookConfiguration',
    ...admission,
    plural: 'validatingwebhookconfigurations',
  },
  MutatingWebhookConfiguration: {
    kind: 'MutatingWebhookConfiguration',
    ...admission,
    plural: 'mutatingwebhookconfigurations',
  },
} as const satisfies Record<string, Resource>

export type Kind = keyof typeof resources

/** An object of a known kind by name. */
export interface Ref<K extends Kind = Kind> {
  readonly kind: K
  readonly namespace?: string
  readonly name: string
}

export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

/** The table's entry for an object. Throws TypeError for a kind or version that the table lacks. */
export function resourceOf(object: {
  readonly apiVersion: string
  readonly kind: string
}): Resource & { readonly kind: Kind } {
  const found = Object.values(resources).find(
    (resource) => resource.kind === object.kind && apiVersionOf(resource) === object.apiVersion,
  )
  if (!found) throw new TypeError(`${object.apiVersion} ${object.kind} is not in the table of resources`)
  return found
}

/**
 * The URL path of a collection, an object or a subresource: `/apis/batch/v1/namespaces/a/jobs/b/status`.
 * A namespaced collection without a namespace is all namespaces. Throws TypeError on a name that would leave its place.
 */
export function pathOf(
  resource: Resource,
  at: { readonly namespace?: string | undefined; readonly name?: string; readonly subresource?: string } = {},
): string {
  const root = resource.group === '' ? '/api' : `/apis/${resource.group}`
  const segments: string[] = [root, resource.version]
  if (resource.namespaced && at.namespace !== undefined) segments.push('namespaces', segment(at.namespace))
  if (resource.namespaced && at.namespace === undefined && at.name !== undefined) {
    throw new TypeError(`${resource.kind} ${at.name} needs a namespace`)
  }
  segments.push(resource.plural)
  if (at.name !== undefined) segments.push(segment(at.name))
  if (at.subresource !== undefined) segments.push(segment(at.subresource))
  return segments.join('/')
}

/** The server's own rule for a name in a path; without it `../secrets/x` would name something else. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/%]/.test(name)) {
    throw new TypeError(`${JSON.stringify(name)} cannot be part of a path`)
  }
  return encodeURIComponent(name)
}
