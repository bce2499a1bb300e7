import type { Workspace } from '#src/api/workspace.ts'
import { type Complaint, forbidden } from '#src/lib/field-error.ts'
import type { Policy } from './facts.ts'
import { volumeUses } from './mentions.ts'

/**
 * Kinds that data and adapters come in. What is mounted by the node with rights or an address of the author's choice (nfs, iscsi,
 * azureFile, flexVolume …) is not among them: a PersistentVolume of it is, which an administrator has made. Nor are secret,
 * projected and downwardAPI: what the operator mounts becomes part of an adapter, and a token is no data.
 */
export const DATA_VOLUMES: readonly string[] = [
  'persistentVolumeClaim',
  'ephemeral',
  'emptyDir',
  'image',
  'configMap',
  'csi',
]

interface VolumeFault {
  readonly kind: string
  readonly complaint: Complaint
}

/** The volumes of a Workspace, beside those of a template, that are of no kind that is allowed. */
export const dataVolumeFaults = (workspace: Workspace, { volumeKinds }: Policy): VolumeFault[] =>
  volumeUses(workspace).flatMap(({ path, volume }) =>
    Object.keys(volume)
      .filter((kind) => kind === 'hostPath' || !(DATA_VOLUMES.includes(kind) || volumeKinds.includes(kind)))
      // The list of volumes is open: nobody reads a complaint about the hundredth key.
      .slice(0, 3)
      .map((kind) => ({ kind, complaint: refused(`${path}.${kind}`, kind) })),
  )

function refused(path: string, kind: string): Complaint {
  return kind === 'hostPath'
    ? forbidden(path, undefined, "a Workspace may not use the node's own files", {
        fix: 'use a persistentVolumeClaim (a local PersistentVolume if the data is on the node)',
      })
    : forbidden(path, undefined, 'this kind of volume is not for everybody to use', {
        fix: 'use a persistentVolumeClaim, or have the kind listed in settings.volumeKinds',
      })
}
