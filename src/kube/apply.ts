import type { K8sObject } from '#src/api/objects.ts'
import type { KubeClient } from './client.ts'
import { isConflict, isNotFound } from './errors.ts'
import { type Ref, resourceOf } from './resource.ts'

/** What became of a removal: `absent` if it was gone, `replaced` if another object now has the name. Neither is an error. */
export type RemovalResult = 'removed' | 'absent' | 'replaced'

/** Writes as one field manager, each safe to repeat and safe under two leaders. */
/** Whether one finalizer is on the very object with this uid. */
export interface FinalizerState {
  readonly uid: string
  readonly finalizer: string
  readonly present: boolean
}

export interface Applier {
  /**
   * Server-side apply of exactly the fields given; an equal apply changes nothing, not even the resourceVersion.
   * Fields this manager set before and that are missing now are removed. Set `metadata.uid` to refuse creation.
   */
  applyObject(object: K8sObject, signal?: AbortSignal): Promise<K8sObject>
  /**
   * The same for a name that nobody has, as far as was seen. Fails with a conflict should anybody, another of our own
   * writers too, have made an object of that name in this moment.
   */
  createObject(object: K8sObject, signal?: AbortSignal): Promise<K8sObject>
  /** What the server has under that name now. */
  find(object: K8sObject, signal?: AbortSignal): Promise<K8sObject | undefined>
  /** The same for `/status`, under a manager of its own so that the two never take each other's fields away. */
  applyStatus(object: K8sObject, signal?: AbortSignal): Promise<K8sObject>
  /** Deletes the very object that was looked at, never a later one of the same name. */
  remove(ref: Ref, uid: string, signal?: AbortSignal): Promise<RemovalResult>
  /** Adds or drops one finalizer. Undefined when that object is gone. */
  setFinalizer(ref: Ref, wanted: FinalizerState, signal?: AbortSignal): Promise<K8sObject | undefined>
}

export function createApplier(client: KubeClient, manager: string): Applier {
  return {
    // `force`: these fields are ours, and a hand edit to them is undone rather than argued with.
    applyObject: (object, signal) => client.apply(withoutServerFields(object), { manager, force: true, signal }),
    // No object that exists has this resourceVersion. `force: false` alone would not do: one manager has no conflict with itself.
    createObject: (object, signal) => {
      const { metadata, ...rest } = withoutServerFields(object)
      const fresh = { ...rest, metadata: { ...metadata, resourceVersion: '1' } }
      return client.apply(fresh, { manager, force: false, signal })
    },
    find: ({ apiVersion, kind, metadata: { namespace, name } }, signal) => {
      const ref = { kind: resourceOf({ apiVersion, kind }).kind, name }
      return client.get(namespace === undefined ? ref : { ...ref, namespace }, signal)
    },
    applyStatus: (object, signal) =>
      client.applyStatus(withoutServerFields(object), { manager: `${manager}-status`, force: true, signal }),
    async remove(ref, uid, signal) {
      try {
        await client.delete(ref, { uid, signal })
        return 'removed'
      } catch (error) {
        if (isNotFound(error)) return 'absent'
        if (isConflict(error)) return 'replaced'
        throw error
      }
    },
    setFinalizer: (ref, wanted, signal) => setFinalizer(client, ref, wanted, signal),
  }
}

/**
 * By merge patch on the resourceVersion just read and not by apply: an applied finalizer that someone else also set
 * would stay when we drop it, and the object could never be deleted.
 */
async function setFinalizer(
  client: KubeClient,
  ref: Ref,
  { uid, finalizer, present }: FinalizerState,
  signal?: AbortSignal,
): Promise<K8sObject | undefined> {
  for (let attempt = 1; ; attempt++) {
    const object = await client.get(ref, signal)
    if (object?.metadata.uid !== uid) return undefined
    const finalizers = object.metadata.finalizers ?? []
    if (finalizers.includes(finalizer) === present) return object
    const wanted = present ? [...finalizers, finalizer] : finalizers.filter((name) => name !== finalizer)
    const { resourceVersion } = object.metadata
    try {
      const patch = { metadata: { uid, resourceVersion, finalizers: wanted } }
      return await client.merge(ref, patch, signal ? { signal } : {})
    } catch (error) {
      if (isNotFound(error)) return undefined
      if (!isConflict(error) || attempt >= 5) throw error
    }
  }
}

/** The server refuses an apply that carries managedFields, and a resourceVersion would make it fail on any change. */
function withoutServerFields(object: K8sObject): K8sObject {
  const { managedFields: _, resourceVersion: __, ...metadata } = object.metadata
  return { ...object, metadata }
}
