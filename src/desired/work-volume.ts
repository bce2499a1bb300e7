import { ANNOTATION } from '#src/api/labels.ts'
import { lasts } from '#src/api/lasting-volume.ts'
import type { ObjectMeta } from '#src/api/objects.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Volume, VolumeClaim } from './manifest.ts'
import { ownedBy, ownedLabels } from './meta.ts'
import { tuningVolumeName } from './names.ts'
import { foreignVolume } from './pod-parts.ts'
import { resultsVolume } from './room.ts'

/**
 * Where a run keeps its checkpoints and its adapter. `own`: a claim that the operator makes and gives back. `foreign`: the
 * user's volume. `scratch`: a folder of the pod's, which goes with it.
 */
export type WorkVolume = 'own' | 'foreign' | 'scratch'

export function workVolume({ tuning }: Workspace, { tuningVolume }: Settings): WorkVolume {
  if (lasts(tuning?.output.volumeSource)) return 'foreign'
  // Without an image the adapter is to stay in the volume that is named, whatever becomes of it.
  return tuning?.output.image !== undefined && tuningVolume.enabled ? 'own' : 'scratch'
}

/** Where the run of a Job keeps what it makes, as the Job was made. */
export function workVolumeOfJob({ metadata }: { readonly metadata: ObjectMeta }): WorkVolume {
  const said = metadata.annotations?.[ANNOTATION.workVolume]
  return said === 'own' || said === 'foreign' ? said : 'scratch'
}

/** The volume with the name `results` of a pod. */
export function resultsOf(workspace: Workspace, kind: WorkVolume): Volume {
  if (kind === 'own') return { name: 'results', persistentVolumeClaim: { claimName: tuningVolumeName(workspace) } }
  const { image, volumeSource } = workspace.tuning?.output ?? {}
  return volumeSource === undefined || (kind === 'scratch' && image !== undefined)
    ? resultsVolume('results')
    : foreignVolume('results', volumeSource)
}

/** The claim of a run, where the operator makes one. */
export function tuningVolumeClaim(workspace: Workspace, settings: Settings): VolumeClaim | undefined {
  if (workVolume(workspace, settings) !== 'own') return undefined
  const { storageClass, size, accessMode } = settings.tuningVolume
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: tuningVolumeName(workspace),
      namespace: workspace.metadata.namespace ?? 'default',
      labels: ownedLabels(workspace, 'tuning'),
      ownerReferences: [ownedBy(workspace)],
    },
    spec: {
      accessModes: [accessMode],
      resources: { requests: { storage: size } },
      ...(storageClass === '' ? {} : { storageClassName: storageClass }),
    },
  }
}
