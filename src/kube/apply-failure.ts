import type { K8sObject } from '#src/api/objects.ts'
import { advised } from '#src/observe/conditions.ts'
import type { Obstacle } from '#src/plan/world.ts'
import { isConflict, isForbidden, isInvalid, isUnreachable, KubeError } from './errors.ts'

/** Why an object could not be applied, for the Workspace to say: the apiserver's own words, and what to do about them. */
export function applyFailure({ kind, metadata }: K8sObject, error: unknown): Obstacle {
  // Without the call: where it went says nothing to whoever wrote the Workspace.
  const cause = (error instanceof Error ? error.message : String(error)).replace(/^[A-Z]+ \/\S+: /, '')
  const message = advised(`${kind} ${metadata.name} cannot be applied: ${cause}`, `${remedy(error)}; it is tried again`)
  return { kind, reason: 'ApplyFailed', message }
}

function remedy(error: unknown): string {
  if (!(error instanceof KubeError)) return "Look for the cause in the operator's log"
  if (isUnreachable(error)) return 'Wait for the API server; where it lasts, look there'
  if (isConflict(error)) return 'Nothing is to be done: somebody else was writing it at the same time'
  // A policy may refuse with any status; the apiserver's own sentence tells it.
  if (isInvalid(error) && !/denied (the )?request/.test(error.message)) {
    return 'Correct in the Workspace what the message names'
  }
  return isForbidden(error) ? forbiddenRemedy(error.message) : REFUSED
}

const REFUSED = 'Change what the message names, in the Workspace or in the policy that refuses it'

/** One status for three things: a quota that is used up, a right that the operator has not, and a policy. */
function forbiddenRemedy(message: string): string {
  if (/exceeded quota/i.test(message)) return 'Raise the ResourceQuota of the namespace, or free some of it'
  if (/ cannot (create|patch|update|get) resource /.test(message)) {
    return "Give the operator's service account this right: the chart's roles have it"
  }
  return REFUSED
}
