import { type Kind, resources } from '#src/kube/resource.ts'
import type { ReleasedRole } from './released-operator.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'

/** Calls of one kind. `where: home` is the release's namespace only; `name` where one object is meant. */
export interface Calls {
  readonly kind: Kind
  readonly subresource?: string
  readonly verbs: readonly Verb[]
  readonly where?: 'home'
  readonly name?: string
  /** Which of the two roles calls, by its account. */
  readonly by: ReleasedRole
  /** Whose code calls. */
  readonly caller: string
}

const WATCHED: readonly Verb[] = ['list', 'watch']
/** Server-side apply is a patch, and a creation where the object is missing. */
const APPLIED: readonly Verb[] = ['patch', 'create']

/** Every call of the API server that the operator makes. What is not here must not be granted. */
export const CALLS: readonly Calls[] = [
  {
    by: 'reconciler',
    kind: 'Workspace',
    verbs: [...WATCHED, 'get', 'patch'],
    caller: 'stores, gather fresh, finalizer',
  },
  { by: 'reconciler', kind: 'Workspace', subresource: 'status', verbs: ['patch'], caller: 'carry-out' },
  {
    by: 'reconciler',
    kind: 'Workspace',
    subresource: 'finalizers',
    verbs: ['update'],
    caller: 'blockOwnerDeletion in desired/meta',
  },
  {
    by: 'reconciler',
    kind: 'Job',
    verbs: [...WATCHED, ...APPLIED, 'get', 'delete'],
    caller: 'stores, worker, carry-out, superseded jobs',
  },
  { by: 'reconciler', kind: 'StatefulSet', verbs: [...WATCHED, ...APPLIED, 'get'], caller: 'stores, carry-out' },
  { by: 'reconciler', kind: 'Service', verbs: [...WATCHED, ...APPLIED, 'get'], caller: 'stores, carry-out' },
  { by: 'reconciler', kind: 'Pod', verbs: WATCHED, caller: 'stores, gpu-look' },
  { by: 'reconciler', kind: 'Pod', subresource: 'log', verbs: ['get'], caller: 'gather' },
  { by: 'reconciler', kind: 'Node', verbs: WATCHED, caller: 'stores' },
  {
    by: 'reconciler',
    kind: 'NodeClaim',
    verbs: [...WATCHED, ...APPLIED, 'get', 'delete'],
    caller: 'stores, carry-out',
  },
  { by: 'reconciler', kind: 'ConfigMap', verbs: ['get'], caller: 'gather' },
  { by: 'reconciler', kind: 'Secret', verbs: ['get'], caller: 'gather' },
  { by: 'webhook', kind: 'ConfigMap', verbs: ['get'], caller: 'lookups' },
  { by: 'webhook', kind: 'Secret', verbs: ['get'], caller: 'lookups' },
  { by: 'reconciler', kind: 'Event', verbs: ['create', 'patch'], caller: 'events' },
  {
    by: 'webhook',
    kind: 'ValidatingWebhookConfiguration',
    name: 'validation.workspace.kaito.sh',
    verbs: ['get', 'patch'],
    caller: 'certs',
  },
  {
    by: 'webhook',
    kind: 'MutatingWebhookConfiguration',
    name: 'defaulting.workspace.kaito.sh',
    verbs: ['get', 'patch'],
    caller: 'certs',
  },
  { by: 'reconciler', kind: 'Lease', where: 'home', name: 'kaito-ts', verbs: ['get', 'update'], caller: 'lease-lock' },
  { by: 'reconciler', kind: 'Lease', where: 'home', verbs: ['create'], caller: 'lease-lock' },
  {
    by: 'webhook',
    kind: 'Secret',
    where: 'home',
    name: 'kaito-ts-webhook-cert',
    verbs: ['get', 'update'],
    caller: 'certs',
  },
  { by: 'webhook', kind: 'Secret', where: 'home', verbs: ['create'], caller: 'certs' },
]

/**
 * Granted though not called: reading one object where all of them are listed anyway, and changing what may be created.
 * They give away nothing new, and spare a release of the roles for every change of the code.
 */
export const SPARE: readonly Calls[] = [
  ...(['Pod', 'Node'] as const).map((kind): Calls => ({ by: 'reconciler', kind, verbs: ['get'], caller: 'nobody' })),
  { by: 'reconciler', kind: 'Lease', where: 'home', name: 'kaito-ts', verbs: ['patch'], caller: 'nobody' },
  { by: 'webhook', kind: 'Secret', where: 'home', name: 'kaito-ts-webhook-cert', verbs: ['patch'], caller: 'nobody' },
]

/** One line for each verb: `batch/jobs create`, `home:/secrets=kaito-ts-webhook-cert get`. */
export const linesOf = (calls: readonly Calls[]): string[] =>
  calls.flatMap(({ kind, subresource, verbs, where, name }) => {
    const { group, plural } = resources[kind]
    const resource = `${plural}${subresource === undefined ? '' : `/${subresource}`}`
    return verbs.map((verb) => line(where === 'home', group, resource, name, verb))
  })

export const line = (home: boolean, group: string, resource: string, name: string | undefined, verb: string): string =>
  `${home ? 'home:' : ''}${group}/${resource}${name === undefined ? '' : `=${name}`} ${verb}`
