import { forbidden, notSupported, required } from '#src/lib/field-error.ts'
import { didYouMean } from '#src/lib/nearest.ts'
import { volumeUses } from '#src/reading/mentions.ts'
import { dataVolumeFaults } from '#src/reading/volume-kinds.ts'
import { rule } from './rule.ts'

export const volumeRules = [
  rule({
    id: 'volume.one-kind',
    about: 'A volumeSource has exactly one kind, by the name Kubernetes knows it under.',
    level: 'error',
    check: (workspace) =>
      volumeUses(workspace).flatMap(({ path, volume }) => {
        const kinds = Object.keys(volume)
        const unknown = kinds.filter((kind) => !VOLUME_KINDS.includes(kind))
        if (unknown.length > 0) {
          // The list of volumes is open: nobody reads a complaint about the hundredth key, and guesses cost time.
          return unknown.slice(0, 3).map((kind) =>
            notSupported(path, kind, 'Kubernetes has no volume of this kind', {
              fix: didYouMean(kind, VOLUME_KINDS, 'use for example persistentVolumeClaim: {claimName: …}'),
            }),
          )
        }
        if (kinds.length === 1) return []
        return kinds.length === 0
          ? [required(path, 'the volume has no kind', { fix: 'use for example persistentVolumeClaim: {claimName: …}' })]
          : [forbidden(path, kinds, 'a volume has one kind', { fix: 'keep one of them' })]
      }),
  }),

  rule({
    id: 'volume.allowed',
    about:
      "Data and adapters are in volumes that a node mounts without rights of its own: not in hostPath, which is the node's files, nor in a Secret, nor in another kind, such as nfs, unless it is in settings.volumeKinds.",
    level: 'error',
    // What is no kind at all is told once, by the rule above.
    check: (workspace, { policy }) =>
      dataVolumeFaults(workspace, policy).flatMap(({ kind, complaint }) =>
        VOLUME_KINDS.includes(kind) ? [complaint] : [],
      ),
  }),

  rule({
    id: 'volume.read-only-output',
    about: 'What tuning writes to can be written: ConfigMaps, Secrets, images and projections cannot.',
    level: 'error',
    check: (workspace) =>
      volumeUses(workspace).flatMap(({ path, volume, role }) => {
        const kind = role === 'output' ? Object.keys(volume).find((each) => READ_ONLY_KINDS.includes(each)) : undefined
        return kind === undefined
          ? []
          : [
              forbidden(`${path}.${kind}`, undefined, 'this kind of volume cannot be written to', {
                fix: 'use a persistentVolumeClaim',
              }),
            ]
      }),
  }),

  rule({
    id: 'volume.lost-output',
    about: 'An emptyDir goes away with its pod, and the adapter with it.',
    level: 'warning',
    check: (workspace) =>
      volumeUses(workspace).flatMap(({ path, volume, role }) =>
        role === 'output' && 'emptyDir' in volume
          ? [
              forbidden(`${path}.emptyDir`, undefined, 'the adapter would be lost when the pod ends', {
                fix: 'use a persistentVolumeClaim or output.image',
              }),
            ]
          : [],
      ),
  }),
]

const READ_ONLY_KINDS = ['configMap', 'secret', 'downwardAPI', 'projected', 'image', 'gitRepo']

/** Kubernetes' core/v1 VolumeSource, as of 1.36. */
const VOLUME_KINDS = [
  ...READ_ONLY_KINDS,
  'hostPath',
  'emptyDir',
  'persistentVolumeClaim',
  'ephemeral',
  'csi',
  'nfs',
  'iscsi',
  'fc',
  'azureFile',
  'azureDisk',
  'awsElasticBlockStore',
  'gcePersistentDisk',
  'cephfs',
  'cinder',
  'flexVolume',
  'flocker',
  'glusterfs',
  'photonPersistentDisk',
  'portworxVolume',
  'quobyte',
  'rbd',
  'scaleIO',
  'storageos',
  'vsphereVolume',
]
