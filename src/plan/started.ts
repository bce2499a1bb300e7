import { ANNOTATION, FIELD_MANAGER } from '#src/api/labels.ts'
import type { K8sObject, StatefulSetView } from '#src/api/objects.ts'
import type { ServingStatus } from '#src/api/status.ts'
import { servingRevision } from '#src/desired/serving-revision.ts'
import { isJsonObject, parseJsonObject } from '#src/lib/json.ts'
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
  return onSet?.revision === revision && (statefulSet?.status?.readyReplicas ?? 0) > 0 ? onSet : undefined
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

/** The StatefulSet with a note of what it was made from. */
export const noted = (set: K8sObject, from: ServingStatus): K8sObject => ({
  ...set,
  metadata: { ...set.metadata, annotations: { [ANNOTATION.startedWith]: JSON.stringify(from) } },
})

/**
 * Is the running set to be left as it is? Only where it was made for what is asked for now, and nobody else has changed what
 * it should be: that is put back.
 */
export const isToStay = ({ statefulSet }: World, started: ServingStatus | undefined): boolean =>
  statefulSet !== undefined &&
  started !== undefined &&
  readAnnotation(statefulSet)?.revision === started.revision &&
  !isEditedByHand(statefulSet)

const isEditedByHand = ({ metadata }: StatefulSetView) =>
  (metadata.managedFields ?? []).some(
    ({ manager, subresource, fieldsV1 }) =>
      manager !== FIELD_MANAGER && subresource !== 'status' && fieldsV1 !== undefined && 'f:spec' in fieldsV1,
  )

function readAnnotation(set: StatefulSetView | undefined): ServingStatus | undefined {
  const text = set?.metadata.annotations?.[ANNOTATION.startedWith]
  if (text === undefined) return undefined
  const value = parseJsonObject(text)
  const { revision, operatorImage, serverImage, adapters } = value ?? {}
  if (typeof revision !== 'string' || typeof operatorImage !== 'string' || typeof serverImage !== 'string') {
    return undefined
  }
  const pins = Array.isArray(adapters) ? adapters.filter(isPin) : []
  return { revision, operatorImage, serverImage, adapters: pins }
}

const isPin = (value: unknown): value is { name: string; image: string } =>
  isJsonObject(value) && typeof value['name'] === 'string' && typeof value['image'] === 'string'
