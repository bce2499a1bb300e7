import { ANNOTATION } from '#src/api/labels.ts'
import type { TuningStatus } from '#src/api/status.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { defined } from '#src/lib/defined.ts'
import { stableHash } from '#src/lib/stable-hash.ts'

/** What a run is made from, as far as the Workspace itself says it. */
const inputsOf = ({ tuning, resource }: Workspace) => ({
  tuning,
  instanceType: resource?.instanceType,
  labelSelector: resource?.labelSelector,
})

/**
 * Which run of a Workspace this is: ten hex digits over what a run is made from. The uid is part of it, so that a Workspace
 * deleted and created again never meets the Job of its predecessor (kubernetes/kubernetes#142142: a name used twice can hang).
 * Contents of ConfigMaps are not part of it: editing one must not silently start a paid run.
 */
export const tuningRevision = (workspace: Workspace): string =>
  stableHash({ uid: workspace.metadata.uid, ...inputsOf(workspace) })

/** The same without the uid: a Workspace that comes from a backup has another one, and asks for no run that has ended. */
export const tuningInputsHash = (workspace: Workspace): string => stableHash(inputsOf(workspace))

/** What the status says of the very run that the Workspace asks for; undefined where it is of another, or there is none. */
export function recordOfRun(workspace: Workspace): TuningStatus | undefined {
  const recorded = workspace.status?.tuning
  if (recorded === undefined) return undefined
  const revision = tuningRevision(workspace)
  const isOurs =
    // Earlier releases wrote no revision, but it ends the name of their Jobs.
    recorded.revision === undefined ? recorded.jobName?.endsWith(`-tuning-${revision}`) : recorded.revision === revision
  const isRestored = recorded.finishedAt !== undefined && recorded.inputs === tuningInputsHash(workspace)
  if (isOurs === true) return recorded
  if (!isRestored) return undefined
  // The volume was of the Workspace that it was.
  const { trainedAt: _, ...ended } = recorded
  return ended
}

/** The value that asks for another try, whatever became of it. */
export const retryAsked = ({ metadata }: Workspace): string | undefined => metadata.annotations?.[ANNOTATION.retry]

/** Has the run failed, and is it asked for once more since? A value that was there before it failed asks for nothing. */
export function isToRetry(workspace: Workspace): boolean {
  const recorded = recordOfRun(workspace)
  const asked = retryAsked(workspace)
  return (
    recorded?.finishedAt !== undefined && !hasSucceeded(workspace) && asked !== undefined && asked !== recorded.retry
  )
}

/** Has the run that is recorded ended well? One into a volume has no image. */
export const hasSucceeded = ({ status }: Workspace): boolean =>
  status?.tuning?.image !== undefined ||
  status?.conditions?.find(({ type }) => type === 'WorkspaceSucceeded')?.status === 'True'

/** Which try of the run is on or is due: 1 for the first. */
export const tuningTry = (workspace: Workspace): number =>
  (recordOfRun(workspace)?.try ?? 1) + (isToRetry(workspace) ? 1 : 0)

/** The revision with the number of the try, from the second on: `0123456789-2`. */
export const tuningRunId = (workspace: Workspace): string => `${tuningRevision(workspace)}${tryEnding(workspace)}`

/** How the names of objects of a later try end. */
export function tryEnding(workspace: Workspace): string {
  const number = tuningTry(workspace)
  return number === 1 ? '' : `-${number}`
}

/** Has the run been seen to end its training on a volume that outlives it? */
export const isTrainingRecorded = (workspace: Workspace): boolean => {
  const recorded = workspace.status?.tuning
  return recorded?.trainedAt !== undefined && recorded.revision === tuningRevision(workspace)
}

/** What the status goes on from: what is known of this try, or the beginning of another, which pushes only where that `isSafe`. */
export function beginningOfTry(workspace: Workspace, isSafe: boolean): TuningStatus {
  const recorded = recordOfRun(workspace)
  const number = tuningTry(workspace)
  const retry = retryAsked(workspace)
  if (recorded !== undefined && !isToRetry(workspace)) return recorded
  const fresh = {
    revision: tuningRevision(workspace),
    inputs: tuningInputsHash(workspace),
    ...(number === 1 ? {} : { try: number }),
    ...defined({ retry }),
  }
  if (recorded === undefined || !isSafe) return fresh
  const { finishedAt: _, startedAt: __, jobName: ___, gpus: ____, ...kept } = recorded
  return { ...kept, ...fresh }
}
