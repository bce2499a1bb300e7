import type { Settings } from '#src/api/settings.ts'
import { MOUNT } from '#src/contract/mounts.ts'
import { pullMessage } from '#src/contract/pull.ts'
import { defined } from '#src/lib/defined.ts'
import type { Volume, VolumeMount, VolumeProjection } from './manifest.ts'
import { type PodParts, stepContainer } from './pod-parts.ts'
import { downloadVolume } from './room.ts'

export interface ImageContent {
  /** Volume name; also names the init container. A DNS label. */
  readonly name: string
  readonly image: string
  readonly mountPath: string
  readonly imagePullSecrets?: readonly string[]
  /** Unpacked; what is larger is a bomb. */
  readonly maxBytes: number
  /** Larger files are passed over, by the init container alone. */
  readonly maxFileBytes?: number
  /** Can the node mount images as volumes? Otherwise an init container unpacks the image. */
  readonly asVolume: boolean
  readonly settings: Settings
}

/**
 * The files of an OCI image, read-only at a path. Never with subPath: containerd 2.1 ignores it silently on image volumes,
 * so readers are pointed at a folder below the mount instead.
 */
export function imageContent(content: ImageContent): PodParts {
  const { name, image, mountPath, settings } = content
  const imagePullSecrets = content.imagePullSecrets ?? []
  const readOnly: VolumeMount = { name, mountPath, readOnly: true }
  if (content.asVolume) {
    return {
      volumes: [{ name, image: { reference: image, pullPolicy: image.includes('@') ? 'IfNotPresent' : 'Always' } }],
      initContainers: [],
      mounts: [readOnly],
      imagePullSecrets,
    }
  }
  const auth = imagePullSecrets.length === 0 ? undefined : pullAuth(`${name}-auth`, imagePullSecrets)
  const pull = stepContainer(pullMessage, {
    name: `pull-${name}`,
    image: settings.images.operator,
    spec: {
      image,
      out: mountPath,
      insecureRegistries: settings.insecureRegistries,
      tokenServices: settings.tokenServices,
      maxBytes: content.maxBytes,
      ...defined({ maxFileBytes: content.maxFileBytes }),
      ...(auth === undefined ? {} : { authDir: MOUNT.pullAuth }),
    },
    mounts: [{ name, mountPath }, ...(auth === undefined ? [] : [auth.mount])],
  })
  return {
    volumes: [downloadVolume(name, content.maxBytes), ...(auth === undefined ? [] : [auth.volume])],
    initContainers: [pull],
    mounts: [readOnly],
    imagePullSecrets,
  }
}

/**
 * One file for each Secret, named so that the step reads them in the order they were written in. Either format, and a Secret
 * that is not there is passed over, as by the kubelet: the registry then says what is missing.
 */
function pullAuth(name: string, secrets: readonly string[]): { volume: Volume; mount: VolumeMount } {
  const sources = secrets.map((secret, index): VolumeProjection => {
    const place = String(index).padStart(2, '0')
    const items = PULL_SECRET_KEYS.map((key) => ({ key, path: `${place}${key}` }))
    return { secret: { name: secret, items, optional: true } }
  })
  return {
    volume: { name, projected: { sources } },
    mount: { name, mountPath: MOUNT.pullAuth, readOnly: true },
  }
}

/** Of the types kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg. */
const PULL_SECRET_KEYS = ['.dockerconfigjson', '.dockercfg']
