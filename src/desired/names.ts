import { ANNOTATION } from '#src/api/labels.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { stableHash } from '#src/lib/stable-hash.ts'
import { trimEnd } from '#src/lib/trim.ts'

/**
 * Which run of a Workspace this is: ten hex digits over what a run is made from. The uid is part of it, so that a Workspace
 * deleted and created again never meets the Job of its predecessor (kubernetes/kubernetes#142142: a name used twice can hang).
 * Contents of ConfigMaps are not part of it: editing one must not silently start a paid run.
 */
export const tuningRevision = (workspace: Workspace): string =>
  stableHash({
    uid: workspace.metadata.uid,
    tuning: workspace.tuning,
    instanceType: workspace.resource?.instanceType,
    labelSelector: workspace.resource?.labelSelector,
  })

/**
 * `<workspace>-precheck-<revision>`: of the run, of its training_config.yaml, and of the annotation that asks for another try.
 * Of the file its text is part of it: checking again what was edited costs no GPU.
 */
export const precheckJobName = (workspace: Workspace, config: string | undefined): string => {
  const retry = workspace.metadata.annotations?.[ANNOTATION.retry]
  const revision = stableHash({ run: tuningRevision(workspace), config, retry })
  return `${fitted(workspace.metadata.name, 63 - '-precheck-0123456789'.length)}-precheck-${revision}`
}

/** `<workspace>-tuning-<revision>`, at most 63 characters because Kubernetes copies it into a label. */
export const tuningJobName = (workspace: Workspace): string =>
  `${fitted(workspace.metadata.name, 63 - '-tuning-0123456789'.length)}-tuning-${tuningRevision(workspace)}`

export const inferenceName = (workspace: Workspace): string => workspace.metadata.name

export const headlessName = (workspace: Workspace): string => `${fitted(workspace.metadata.name, 54)}-headless`

/** A name cut to a length, with a hash of the whole where something was cut. */
function fitted(name: string, length: number): string {
  return name.length <= length ? name : `${trimEnd(name.slice(0, length - 7), '-.')}-${stableHash(name, 6)}`
}
