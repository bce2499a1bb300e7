import { isJsonObject, parseJson } from '#src/lib/json.ts'
import type { Result } from '#src/lib/result.ts'

/** A pointer to content: what it is, how large, and its `sha256:…` digest. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Platform {
  readonly os: string
  readonly architecture: string
}

export type PlatformManifest = Descriptor & { readonly platform?: Platform }

export type Manifest =
  | { readonly kind: 'image'; readonly config: Descriptor; readonly layers: readonly Descriptor[] }
  | { readonly kind: 'index'; readonly manifests: readonly PlatformManifest[] }

export type ManifestResult = Result<{ readonly manifest: Manifest }>

/** Everything a client must say it understands, or registries answer in an old format. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]

/** Reads an image manifest or an index (OCI and Docker's schema 2) and checks every descriptor in it. */
export function parseManifest(json: string): ManifestResult {
  const root = parseJson(json)
  if (!isJsonObject(root)) return { ok: false, reason: 'the manifest is not a JSON object' }
  if (root['schemaVersion'] === 1) return { ok: false, reason: 'the image has the withdrawn schema 1, push it again' }
  if (Array.isArray(root['manifests'])) {
    const manifests = root['manifests'].map(platformManifest)
    if (manifests.length > ENTRY_LIMIT || !manifests.every((entry) => entry !== undefined)) return malformed
    return { ok: true, manifest: { kind: 'index', manifests } }
  }
  const config = descriptor(root['config'])
  if (config === undefined || !Array.isArray(root['layers'])) return malformed
  const layers = root['layers'].map(descriptor)
  if (layers.length > ENTRY_LIMIT || !layers.every((layer) => layer !== undefined)) return malformed
  return { ok: true, manifest: { kind: 'image', config, layers } }
}

/** The entry of an index for a platform; entries without one (as KAITO's own pushes) count where they stand alone. */
export function selectPlatform(manifests: readonly PlatformManifest[], wanted: Platform): PlatformManifest | undefined {
  const images = manifests.filter((entry) => entry.annotations?.['vnd.docker.reference.type'] === undefined)
  const exact = images.find(
    ({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture,
  )
  const only = images.length === 1 ? images[0] : undefined
  return exact ?? (only?.platform === undefined ? only : undefined)
}

/** What an index offers, for messages: `linux/amd64, linux/arm64`. */
export function platformList(manifests: readonly PlatformManifest[]): string {
  return manifests
    .flatMap(({ platform }) => (platform === undefined ? [] : [`${platform.os}/${platform.architecture}`]))
    .join(', ')
}

/** Overlay file systems stop at about 128 layers; nothing sane comes near this. */
const ENTRY_LIMIT = 1000
const DIGEST = /^sha256:[0-9a-f]{64}$|^sha512:[0-9a-f]{128}$/
const malformed: ManifestResult = {
  ok: false,
  reason: 'the manifest is neither an image manifest nor an index (OCI or Docker schema 2)',
}

function descriptor(value: unknown): Descriptor | undefined {
  if (!isJsonObject(value)) return undefined
  const { mediaType, digest, size, annotations } = value
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !DIGEST.test(digest)) return undefined
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined
  return { mediaType, digest, size, ...(isJsonObject(annotations) && { annotations: strings(annotations) }) }
}

function platformManifest(value: unknown): PlatformManifest | undefined {
  const entry = descriptor(value)
  const platform = isJsonObject(value) ? value['platform'] : undefined
  if (entry === undefined || !isJsonObject(platform)) return entry
  const { os, architecture } = platform
  return typeof os === 'string' && typeof architecture === 'string'
    ? { ...entry, platform: { os, architecture } }
    : entry
}

function strings(value: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}
