import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type { UploadableBlob } from './blob-upload.ts'
import { digestOf, startDigest } from './digest.ts'
import { readLimited } from './limited-body.ts'
import { type TarEntry, tarStream } from './tarball.ts'

/** What goes into an adapter image. `weights.open` is called twice: once to compute the digest, once to upload. */
export interface AdapterFiles {
  /** The bytes of adapter_config.json. */
  readonly config: Buffer
  /** Small files beside them, by name, such as the losses of the run. */
  readonly beside?: Readonly<Record<string, Buffer>>
  /** adapter_model.safetensors, streamed. */
  readonly weights: { readonly size: number; readonly open: () => AsyncIterable<Uint8Array> }
}

export interface BuiltImage {
  readonly mediaType: string
  readonly manifest: Buffer
  /** `sha256:…` of the manifest. */
  readonly digest: string
  /** Image config and layers, to be uploaded before the manifest. */
  readonly blobs: readonly UploadableBlob[]
  /** Bytes of all blobs and the manifest. */
  readonly size: number
}

/** Tells adapter images from others in registries that list by artifact type. */
export const ADAPTER_ARTIFACT_TYPE = 'application/vnd.kaito.adapter.v1'

/**
 * An adapter as an ordinary OCI image in KAITO's layout (`/data/adapter_config.json`,
 * `/data/adapter_model.safetensors`; beside them the losses of its run), so that KAITO's own puller, an image volume and a scanner all read it.
 * The same files and annotations give the same digest. Weights stay uncompressed: safetensors do not shrink.
 */
export async function buildAdapterImage(
  files: AdapterFiles,
  annotations: Readonly<Record<string, string>> = {},
): Promise<BuiltImage> {
  const config = await configLayer(files)
  const weights = await weightsLayer(files.weights)
  const layers = [config, weights]
  const imageConfig = jsonBlob(imageConfigOf(layers, annotations))
  const manifest = encode({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: ADAPTER_ARTIFACT_TYPE,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: imageConfig.digest,
      size: imageConfig.size,
    },
    layers: layers.map(({ mediaType, blob }) => ({ mediaType, digest: blob.digest, size: blob.size })),
    annotations: sorted(annotations),
  })
  const blobs = [imageConfig, config.blob, weights.blob]
  const size = blobs.reduce((sum, blob) => sum + blob.size, manifest.length)
  return { mediaType: MANIFEST_TYPE, manifest, digest: digestOf(manifest), blobs, size }
}

interface Layer {
  readonly mediaType: string
  readonly diffId: string
  readonly blob: UploadableBlob
  readonly by: string
}

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const EPOCH = '1970-01-01T00:00:00Z'
/** Named in every layer, so that each unpacks alone with the right mode. */
const DATA_DIRECTORY: TarEntry = { path: 'data/', kind: 'directory' }
const SMALL_FILE_LIMIT = 1_048_576

const smallFile = (name: string, bytes: Buffer): TarEntry => ({
  path: `data/${name}`,
  kind: 'file',
  size: bytes.length,
  open: () => Readable.from([bytes]),
})

async function configLayer({ config, beside = {} }: AdapterFiles): Promise<Layer> {
  const others = Object.entries(beside).map(([name, bytes]) => smallFile(name, bytes))
  const entries = [smallFile('adapter_config.json', config), ...others]
  const tar = await readLimited(tarStream([DATA_DIRECTORY, ...entries]), 2 * SMALL_FILE_LIMIT + 65_536)
  const bytes = gzipSync(tar, { level: 6 })
  return {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    diffId: digestOf(tar),
    blob: { digest: digestOf(bytes), size: bytes.length, open: () => bytes },
    by: 'adapter_config.json',
  }
}

async function weightsLayer(weights: AdapterFiles['weights']): Promise<Layer> {
  const file: TarEntry = { path: 'data/adapter_model.safetensors', kind: 'file', ...weights }
  const open = () => tarStream([DATA_DIRECTORY, file])
  const running = startDigest()
  let size = 0
  for await (const chunk of open()) {
    running.update(chunk)
    size += chunk.length
  }
  const digest = running.finish()
  const mediaType = 'application/vnd.oci.image.layer.v1.tar'
  return { mediaType, diffId: digest, blob: { digest, size, open }, by: 'adapter_model.safetensors' }
}

function imageConfigOf(layers: readonly Layer[], annotations: Readonly<Record<string, string>>): object {
  return {
    created: EPOCH,
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: sorted(annotations) },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ by }) => ({ created: EPOCH, created_by: `kaito-ts push ${by}` })),
  }
}

function jsonBlob(value: object): UploadableBlob {
  const bytes = encode(value)
  return { digest: digestOf(bytes), size: bytes.length, open: () => bytes }
}

function encode(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
