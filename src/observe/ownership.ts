import { FIELD_MANAGER, LABEL } from '#src/api/labels.ts'
import type { ObjectMeta, PodView } from '#src/api/objects.ts'

interface Controlled {
  readonly metadata: Pick<ObjectMeta, 'ownerReferences' | 'labels'>
}

/** Is an object under the control of the owner with this uid? Names and labels say nothing: anybody may write them. */
export const isControlledBy = ({ metadata }: Controlled, uid: string): boolean =>
  metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) === true

/** The uid of the controller that an object of ours names; undefined for cluster-scoped ones, which cannot have one. */
export const controllerOf = ({ metadata }: Controlled): string | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid

/**
 * The uid of the Workspace that a NodeClaim was made for, where this operator made it. It cannot have an owner with a namespace;
 * who may write its labels may delete it, too.
 */
export const claimedFor = ({ metadata: { labels } }: Controlled): string | undefined =>
  labels?.[LABEL.managedBy] === FIELD_MANAGER ? labels[LABEL.workspaceUid] : undefined

/** Whose an object of ours is: the uid of its controller, or of the Workspace that it is claimed for. */
export const ownerUidOf = (object: Controlled): string | undefined => controllerOf(object) ?? claimedFor(object)

/** The pods of a Job or StatefulSet; of one that is not there, none. Its controller gives each of them its uid, whatever labels others wear. */
export const podsOf = (
  owner: { readonly metadata: ObjectMeta } | undefined,
  pods: readonly PodView[],
): readonly PodView[] => {
  const uid = owner?.metadata.uid
  return uid === undefined ? [] : pods.filter((pod) => isControlledBy(pod, uid))
}

/** Whose an object is, in words for the one who wanted its name. */
export function ownerInWords({ metadata }: Controlled): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
  if (owner !== undefined) return `belongs to ${owner.kind} ${owner.name}`
  const workspace = metadata.labels?.[LABEL.workspace]
  if (workspace === undefined || claimedFor({ metadata }) === undefined) return 'nobody has marked as theirs'
  return `belongs to Workspace ${metadata.labels?.[LABEL.workspaceNamespace] ?? ''}/${workspace}`
}
