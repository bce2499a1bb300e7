import type { Credential } from '#src/lib/docker-config.ts'
import { createAuthorizer, type Scope } from './authorizer.ts'
import { readBlob } from './blob-reader.ts'
import { type UploadableBlob, uploadBlob } from './blob-upload.ts'
import { CHUNK_BYTES, type ChunkedUpload, takesNoChunks, type UploadState, uploadInChunks } from './chunked-upload.ts'
import { digestOf } from './digest.ts'
import { ownWords } from './error-detail.ts'
import { readLimited } from './limited-body.ts'
import { type Descriptor, MANIFEST_TYPES } from './manifest.ts'
import { adopted, isHome, urlOf } from './origins.ts'
import { RegistryError, type RegistryErrorKind } from './registry-error.ts'
import {
  createTransport,
  DEFAULT_TRANSPORT,
  firstValue,
  type TransportOptions,
  type TransportRequest,
  type TransportResponse,
} from './transport.ts'

export type RegistryOptions = Partial<TransportOptions> & {
  /** Credentials for a repository of this registry, in the order to try; none by default. */
  readonly credentials?: (repository: string) => readonly Credential[]
  /** Larger blobs are uploaded in pieces of so many bytes. */
  readonly chunkBytes?: number
}

/** One registry, all its repositories. Every method throws RegistryError. Close it to let the process end. */
export interface Registry {
  /** The manifest's digest without its body. `reference` is a tag or a digest. */
  headManifest(repository: string, reference: string): Promise<{ digest: string; size: number | undefined }>
  /** The manifest's bytes, checked against the digest that was asked for. At most 4 MiB. */
  getManifest(repository: string, reference: string): Promise<{ digest: string; bytes: Buffer }>
  putManifest(repository: string, reference: string, mediaType: string, bytes: Buffer): Promise<{ digest: string }>
  /** The blob's bytes, resumed where a connection breaks, checked against size and digest at the end. */
  readBlob(repository: string, blob: Descriptor): AsyncGenerator<Buffer>
  hasBlob(repository: string, digest: string): Promise<boolean>
  /** Uploads unless the repository has it: what is large in pieces, from where `state` says that an earlier try has come to. */
  putBlob(repository: string, blob: UploadableBlob, state?: UploadState): Promise<'present' | 'uploaded'>
  /** Opens an upload session and throws it away: proves the right to push without leaving anything. */
  probePush(repository: string): Promise<void>
  close(): Promise<void>
}

/** The call that every part of the client is built on: authorised, retried, its status checked. */
export type RegistryCall = (
  scope: Scope,
  request: Omit<TransportRequest, 'url'> & { path: string },
  expected: readonly number[],
) => Promise<TransportResponse>

/** A client of one registry host as image references name it (`docker.io`, `registry.example:5000`). */
export function openRegistry(host: string, options: RegistryOptions = {}): Registry {
  const transportOptions = { ...DEFAULT_TRANSPORT, ...options }
  const transport = createTransport(transportOptions)
  const home = urlOf(host === 'docker.io' ? 'registry-1.docker.io' : host, '/', transportOptions)
  const credentials = options.credentials ?? (() => [])
  const authorizer = createAuthorizer({ transport, registry: host, home, trust: transportOptions, credentials })
  const call: RegistryCall = async (scope, { path, ...rest }, expected) => {
    const url = adopted(path, home, transportOptions)
    const response = await authorizer.send(scope, { ...rest, url })
    if (expected.includes(response.statusCode)) return response
    throw await statusError(response, { host, scope, home })
  }
  return {
    headManifest: (repository, reference) => headManifest(call, repository, reference),
    getManifest: (repository, reference) => getManifest(call, repository, reference),
    putManifest: (repository, reference, mediaType, bytes) =>
      putManifest(call, { repository, reference }, mediaType, bytes),
    readBlob: (repository, blob) => readBlob(call, repository, blob, transportOptions.attempts),
    hasBlob: (repository, digest) => hasBlob(call, repository, digest),
    putBlob: async (repository, blob, state = { offset: 0 }) => {
      const isThere = () => hasBlob(call, repository, blob.digest)
      if (await isThere()) return 'present'
      const { attempts } = transportOptions
      const chunkBytes = options.chunkBytes ?? CHUNK_BYTES
      if (blob.size <= chunkBytes) await uploadBlob(call, repository, blob, attempts)
      else await uploadLarge({ call, repository, blob, state, chunkBytes, attempts, isThere })
      return 'uploaded'
    },
    async probePush(repository) {
      const scope: Scope = { repository, actions: 'pull,push' }
      const path = `/v2/${repository}/blobs/uploads/`
      const response = await call(scope, { method: 'POST', path, headers: { 'content-length': '0' } }, [202])
      await response.body.dump()
      const location = firstValue(response.headers.location)
      // Registries drop forgotten sessions by themselves, and some (ECR) have no cancel: a refusal here is no failure.
      if (location !== undefined) await cancel(call, scope, location)
    },
    close: () => transport.close(),
  }
}

async function uploadLarge(upload: ChunkedUpload): Promise<void> {
  try {
    await uploadInChunks(upload)
  } catch (error) {
    if (!takesNoChunks(error, upload.state)) throw error
    await uploadBlob(upload.call, upload.repository, upload.blob, upload.attempts)
  }
}

/** `/v2/<repository>/manifests/<tag or digest>` carries at most this much (the registries' own limit). */
const MANIFEST_LIMIT = 4 * 1_048_576
const ACCEPT = MANIFEST_TYPES.join(', ')

async function headManifest(call: RegistryCall, repository: string, reference: string) {
  const path = `/v2/${repository}/manifests/${reference}`
  const scope: Scope = { repository, actions: 'pull' }
  const response = await call(scope, { method: 'HEAD', path, headers: { accept: ACCEPT } }, [200])
  await response.body.dump()
  const digest = firstValue(response.headers['docker-content-digest'])
  const size = Number(firstValue(response.headers['content-length']))
  if (digest !== undefined) return { digest, size: Number.isFinite(size) ? size : undefined }
  const whole = await getManifest(call, repository, reference)
  return { digest: whole.digest, size: whole.bytes.length }
}

async function getManifest(call: RegistryCall, repository: string, reference: string) {
  const path = `/v2/${repository}/manifests/${reference}`
  const scope: Scope = { repository, actions: 'pull' }
  const response = await call(scope, { method: 'GET', path, headers: { accept: ACCEPT } }, [200])
  const bytes = await readLimited(response.body, MANIFEST_LIMIT)
  const asked = reference.includes(':') ? reference : firstValue(response.headers['docker-content-digest'])
  const digest = digestOf(bytes, asked)
  if (asked !== undefined && asked !== digest) {
    throw new RegistryError('invalid', `the manifest of ${repository} has digest ${digest} instead of ${asked}`)
  }
  return { digest, bytes }
}

/** Where a manifest is: `reference` is a tag or a digest. */
interface Place {
  readonly repository: string
  readonly reference: string
}

async function putManifest(call: RegistryCall, place: Place, mediaType: string, bytes: Buffer) {
  const { repository, reference } = place
  const path = `/v2/${repository}/manifests/${reference}`
  const headers = { 'content-type': mediaType, 'content-length': String(bytes.length) }
  const scope: Scope = { repository, actions: 'pull,push' }
  const response = await call(scope, { method: 'PUT', path, headers, body: () => bytes }, [200, 201, 202])
  await response.body.dump()
  const digest = digestOf(bytes)
  const stored = firstValue(response.headers['docker-content-digest'])
  if (stored !== undefined && stored !== digest) {
    throw new RegistryError('invalid', `the registry stored the manifest as ${stored} instead of ${digest}`)
  }
  return { digest }
}

async function hasBlob(call: RegistryCall, repository: string, digest: string): Promise<boolean> {
  const path = `/v2/${repository}/blobs/${digest}`
  const response = await call({ repository, actions: 'pull,push' }, { method: 'HEAD', path }, [200, 404])
  await response.body.dump()
  return response.statusCode === 200
}

async function cancel(call: RegistryCall, scope: Scope, path: string): Promise<void> {
  try {
    const response = await call(scope, { method: 'DELETE', path, attempts: 1 }, [204, 200, 202, 404, 405])
    await response.body.dump()
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
  }
}

interface Asked {
  readonly host: string
  readonly scope: Scope
  readonly home: URL
}

async function statusError(response: TransportResponse, { host, scope, home }: Asked): Promise<RegistryError> {
  const { statusCode: status, from } = response
  const words = await ownWords(response)
  const isElsewhere = !isHome(from, home)
  const who = isElsewhere ? `${from.host}, where the registry sends us and no login goes,` : 'the registry'
  const detail =
    words === undefined ? `${who} answered ${status}` : `${isElsewhere ? `${who} says: ` : ''}${words} (${status})`
  const told = { status, words, isUnsent: isElsewhere }
  return new RegistryError(
    KINDS.get(status) ?? (status >= 500 ? 'unavailable' : 'invalid'),
    `${host}/${scope.repository}: ${detail}`,
    told,
  )
}

const KINDS = new Map<number, RegistryErrorKind>([
  [401, 'denied'],
  [403, 'denied'],
  [404, 'not-found'],
  [408, 'unavailable'],
  [413, 'too-large'],
  [429, 'rate-limited'],
])
