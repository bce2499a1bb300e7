import type { K8sObject } from '#src/api/objects.ts'
import type { OwnerReference } from '#src/api/workspace.ts'

interface Controlled {
  readonly metadata: object
}

/** Is an object under the control of the owner with this uid? Names and labels say nothing: anybody may write them. */
export const isControlledBy = ({ metadata }: Controlled, uid: string): boolean =>
  ownersOf(metadata).some((owner) => owner.controller === true && owner.uid === uid)

/** The uid of the controller that an object of ours names; undefined for cluster-scoped ones, which cannot have one. */
export const controllerOf = (object: K8sObject): string | undefined =>
  object.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid

/** Whose an object is, in words for the one who wanted its name. */
export function ownerInWords({ metadata }: Controlled): string {
  const owner = ownersOf(metadata).find(({ controller }) => controller === true)
  return owner === undefined ? 'nobody has marked as theirs' : `belongs to ${owner.kind} ${owner.name}`
}

const ownersOf = (metadata: object): readonly OwnerReference[] =>
  'ownerReferences' in metadata && Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : []
