import type { DataSource } from '#src/api/data.ts'
import type { Settings } from '#src/api/settings.ts'
import { fetchMessage } from '#src/contract/fetch.ts'
import { MOUNT } from '#src/contract/mounts.ts'
import { imageContent } from './image-content.ts'
import { foreignVolume, type PodParts, partsOf, stepContainer } from './pod-parts.ts'
import { downloadVolume, MAX_DATA_IMAGE_BYTES } from './room.ts'

export interface DatasetParts {
  readonly parts: PodParts
  /** Folder that the trainer reads. */
  readonly folder: string
}

/** One way a dataset gets into a tuning pod. The first entry that claims an input is its source. */
interface DatasetSource {
  readonly claims: (input: DataSource) => boolean
  readonly parts: (input: DataSource, settings: Settings, imageVolumes: boolean) => DatasetParts
}

const urls: DatasetSource = {
  claims: (input) => (input.urls?.length ?? 0) > 0,
  parts: (input, settings) => {
    const writable = { name: 'data', mountPath: MOUNT.data }
    const fetch = stepContainer(fetchMessage, {
      image: settings.images.operator,
      spec: {
        urls: input.urls ?? [],
        out: MOUNT.data,
        maxBytes: settings.datasetMaxBytes,
        allowPrivate: settings.datasetAllowPrivate,
      },
      mounts: [writable],
    })
    return {
      parts: partsOf({
        volumes: [downloadVolume('data', settings.datasetMaxBytes)],
        initContainers: [fetch],
        mounts: [{ ...writable, readOnly: true }],
      }),
      folder: MOUNT.data,
    }
  },
}

const image: DatasetSource = {
  claims: (input) => input.image !== undefined,
  parts: (input, settings, imageVolumes) => ({
    parts: imageContent({
      name: 'data',
      image: input.image ?? '',
      mountPath: MOUNT.data,
      maxBytes: MAX_DATA_IMAGE_BYTES,
      imagePullSecrets: input.imagePullSecrets ?? [],
      asVolume: imageVolumes,
      settings,
    }),
    // KAITO's layout for data images: the files are under /data of the image.
    folder: `${MOUNT.data}/data`,
  }),
}

const volume: DatasetSource = {
  claims: (input) => input.volumeSource !== undefined,
  parts: (input) => ({
    parts: partsOf({
      volumes: [foreignVolume('data', input.volumeSource)],
      mounts: [{ name: 'data', mountPath: MOUNT.data, readOnly: true }],
    }),
    folder: MOUNT.data,
  }),
}

const SOURCES: readonly DatasetSource[] = [urls, image, volume]

/** How this input gets into the pod. An input that nothing claims gives an empty folder: the trainer then says so. */
export function datasetParts(input: DataSource, settings: Settings, imageVolumes: boolean): DatasetParts {
  const source = SOURCES.find((candidate) => candidate.claims(input))
  return source?.parts(input, settings, imageVolumes) ?? { parts: partsOf({}), folder: MOUNT.data }
}
