import { type Kind, resources } from '#src/kube/resource.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'

/** Calls of one kind. `where: home` is the release's namespace only; `name` where one object is meant. */
export interface Calls {
  readonly kind: Kind
  readonly subresource?: string
  readonly verbs: readonly Verb[]
  readonly where?: 'home'
  readonly name?: string
  /** Whose code calls. */
  readonly caller: string
}

const WATCHED: readonly Verb[] = ['list', 'watch']
/** Server-side apply is a patch, and a creation where the object is missing. */
const APPLIED: readonly Verb[] = ['patch', 'create']

/** Every call of the API server that the operator makes. What is not here must not be granted. */
export const CALLS: readonly Calls[] = [
  { kind: 'Workspace', verbs: [...WATCHED, 'get', 'patch'], caller: 'stores, gather fresh, finalizer' },
  { kind: 'Workspace', subresource: 'status', verbs: ['patch'], caller: 'carry-out' },
  { kind: 'Workspace', subresource: 'finalizers', verbs: ['update'], caller: 'blockOwnerDeletion in desired/meta' },
  { kind: 'Job', verbs: [...WATCHED, 'get', 'create', 'delete'], caller: 'stores, worker, carry-out, superseded jobs' },
  { kind: 'StatefulSet', verbs: [...WATCHED, ...APPLIED, 'get'], caller: 'stores, carry-out' },
  { kind: 'Service', verbs: [...WATCHED, ...APPLIED, 'get'], caller: 'stores, carry-out' },
  { kind: 'Pod', verbs: WATCHED, caller: 'stores' },
  { kind: 'Pod', subresource: 'log', verbs: ['get'], caller: 'gather' },
  { kind: 'Node', verbs: WATCHED, caller: 'stores' },
  { kind: 'NodeClaim', verbs: [...WATCHED, ...APPLIED, 'delete'], caller: 'stores, carry-out' },
  { kind: 'ConfigMap', verbs: ['get'], caller: 'gather' },
  { kind: 'Secret', verbs: ['get'], caller: 'gather' },
  { kind: 'Event', verbs: ['create', 'patch'], caller: 'events' },
  {
    kind: 'ValidatingWebhookConfiguration',
    name: 'validation.workspace.kaito.sh',
    verbs: ['get', 'patch'],
    caller: 'certs',
  },
  {
    kind: 'MutatingWebhookConfiguration',
    name: 'defaulting.workspace.kaito.sh',
    verbs: ['get', 'patch'],
    caller: 'certs',
  },
  { kind: 'Lease', where: 'home', name: 'kaito-ts', verbs: ['get', 'update'], caller: 'lease-lock' },
  { kind: 'Lease', where: 'home', verbs: ['create'], caller: 'lease-lock' },
  { kind: 'Secret', where: 'home', name: 'kaito-ts-webhook-cert', verbs: ['get', 'update'], caller: 'certs' },
  { kind: 'Secret', where: 'home', verbs: ['create'], caller: 'certs' },
]

/**
 * Granted though not called: reading one object where all of them are listed anyway, and changing what may be created.
 * They give away nothing new, and spare a release of the roles for every change of the code.
 */
export const SPARE: readonly Calls[] = [
  ...(['Pod', 'Node', 'NodeClaim'] as const).map((kind): Calls => ({ kind, verbs: ['get'], caller: 'nobody' })),
  { kind: 'Job', verbs: ['patch'], caller: 'nobody' },
  { kind: 'Lease', where: 'home', name: 'kaito-ts', verbs: ['patch'], caller: 'nobody' },
  { kind: 'Secret', where: 'home', name: 'kaito-ts-webhook-cert', verbs: ['patch'], caller: 'nobody' },
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
