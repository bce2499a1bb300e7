import type { Workspace } from '#src/api/workspace.ts'
import { stableHash } from '#src/lib/stable-hash.ts'
import { trimEnd } from '#src/lib/trim.ts'
import { tryEnding, tuningRevision } from './run.ts'

/** `<workspace>-tuning-<revision>`, with the number of the try from the second on. */
export const tuningJobName = (workspace: Workspace): string => runName(workspace, 'tuning', tryEnding(workspace))

/** Of the Job that pushes what is on a volume that outlives the run's pods. */
export const pushJobName = (workspace: Workspace): string => runName(workspace, 'push', tryEnding(workspace))

/** Of the volume that outlives the pods of a run, where the operator makes one: one for all tries. */
export const tuningVolumeName = (workspace: Workspace): string => runName(workspace, 'tuning', '')

/** At most 63 characters, because Kubernetes copies a Job's name into a label. */
function runName(workspace: Workspace, part: 'tuning' | 'push', ending: string): string {
  const rest = `-${part}-${tuningRevision(workspace)}${ending}`
  return `${fitted(workspace.metadata.name, 63 - rest.length)}${rest}`
}

export const inferenceName = (workspace: Workspace): string => workspace.metadata.name

export const headlessName = (workspace: Workspace): string => `${fitted(workspace.metadata.name, 54)}-headless`

/** A name cut to a length, with a hash of the whole where something was cut. */
function fitted(name: string, length: number): string {
  return name.length <= length ? name : `${trimEnd(name.slice(0, length - 7), '-.')}-${stableHash(name, 6)}`
}
