import { ANNOTATION, FIELD_MANAGER } from '#src/api/labels.ts'
import type { K8sObject, StatefulSetView } from '#src/api/objects.ts'
import type { ServingStatus } from '#src/api/status.ts'
import { servingRevision } from '#src/desired/serving-revision.ts'
import { isJsonObject, parseJsonObject } from '#src/lib/json.ts'
import { ownsPartOf } from '#src/observe/field-owners.ts'
import type { Built } from './built.ts'
import type { World } from './world.ts'

/**
 * With what the server that the Workspace asks for now has started, or undefined while none has: until then it may still
 * be built otherwise, for a wrong image in the settings must not stay for ever. Kept in the status, and on the StatefulSet for
 * when the status is lost.
 */
export function startedWith({ workspace, statefulSet }: World): ServingStatus | undefined {
  const revision = servingRevision(workspace)
  const recorded = workspace.status?.serving
  if (recorded?.revision === revision) return recorded
  const onSet = readAnnotation(statefulSet)
  if (statefulSet === undefined || onSet?.revision !== revision) return undefined
  return hasStarted(statefulSet, workspace.resource?.count ?? 1) ? onSet : undefined
}

/** Is a replica ready that is of the newest template? While they are replaced, those that are ready may all be older ones. */
function hasStarted({ metadata, status }: StatefulSetView, wanted: number): boolean {
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false
  return (status?.readyReplicas ?? 0) + (status?.updatedReplicas ?? 0) > wanted
}

/** The world in which this server started, as far as its pods are made from it. */
export function asStarted(world: World, started: ServingStatus | undefined): World {
  if (started === undefined) return world
  const adapters = new Map(started.adapters?.map(({ name, image }) => [name, image]))
  const pinned = (world.workspace.inference?.adapters ?? []).flatMap(({ source }) => {
    const digest = adapters.get(source?.name ?? '')
    return source?.image === undefined || digest === undefined ? [] : [[source.image, digest] as const]
  })
  const images = { ...world.settings.images, operator: started.operatorImage, server: started.serverImage }
  return {
    ...world,
    settings: { ...world.settings, images },
    pushed: new Map([...world.pushed, ...pinned]),
  }
}

/** What a server made in this world starts with. */
export const startsWith = ({ workspace, settings, pushed }: World): ServingStatus => ({
  revision: servingRevision(workspace),
  operatorImage: settings.images.operator,
  serverImage: settings.images.server,
  adapters: (workspace.inference?.adapters ?? []).flatMap(({ source }) =>
    source?.image === undefined ? [] : [{ name: source.name ?? '', image: pushed.get(source.image) ?? source.image }],
  ),
})

/** The StatefulSet with a note of what it was made from, and of what was made. */
export function noted({ set, template }: Built, from: ServingStatus): K8sObject {
  const note = JSON.stringify({ ...from, template })
  return { ...set, metadata: { ...set.metadata, annotations: { [ANNOTATION.startedWith]: note } } }
}

/** Was the running set made for what its owner asked for before? One without a note is nobody's earlier wish. */
export function isOfEarlierWish({ workspace, statefulSet }: World): boolean {
  const revision = readNote(statefulSet)?.['revision']
  return typeof revision === 'string' && revision !== servingRevision(workspace)
}

/**
 * Is the running set to be left as it is, rather than made this one? Where both were made for the same wish, but this
 * operator would make it otherwise; unless somebody has changed by hand what it sets, which is put back. One that would be
 * made the same is applied like every object, which changes nothing and undoes any edit.
 */
export function isToStay({ statefulSet }: World, started: ServingStatus | undefined, built: Built): boolean {
  if (statefulSet === undefined || started === undefined) return false
  const note = readNote(statefulSet)
  if (note?.['revision'] !== started.revision || note['template'] === built.template) return false
  return !isEditedByHand(statefulSet, built.set)
}

const isEditedByHand = ({ metadata }: StatefulSetView, set: K8sObject) =>
  (metadata.managedFields ?? []).some(
    ({ manager, subresource, fieldsV1 }) =>
      manager !== FIELD_MANAGER && subresource !== 'status' && ownsPartOf(specOf(fieldsV1), set),
  )

const specOf = (fields: object | undefined) =>
  fields !== undefined && 'f:spec' in fields ? { 'f:spec': fields['f:spec'] } : undefined

const readNote = (set: StatefulSetView | undefined) =>
  parseJsonObject(set?.metadata.annotations?.[ANNOTATION.startedWith] ?? '')

function readAnnotation(set: StatefulSetView | undefined): ServingStatus | undefined {
  const { revision, operatorImage, serverImage, adapters } = readNote(set) ?? {}
  if (typeof revision !== 'string' || typeof operatorImage !== 'string' || typeof serverImage !== 'string') {
    return undefined
  }
  const pins = Array.isArray(adapters) ? adapters.filter(isPin) : []
  return { revision, operatorImage, serverImage, adapters: pins }
}

const isPin = (value: unknown): value is { name: string; image: string } =>
  isJsonObject(value) && typeof value['name'] === 'string' && typeof value['image'] === 'string'
