import type { Scope } from './authorizer.ts'
import type { UploadableBlob } from './blob-upload.ts'
import type { RegistryCall } from './registry.ts'
import { RegistryError } from './registry-error.ts'
import { firstValue, pauseBeforeRetry } from './transport.ts'
import { readerOf } from './upload-reader.ts'

/** Bytes of a piece. Held in memory, and all that is sent again where a connection breaks. */
export const CHUNK_BYTES = 16 * 1_048_576

/** How far an upload has come. Whoever keeps it goes on there with the next try, also after minutes. */
export interface UploadState {
  /** Where the registry wants the next piece, in its own words; undefined before the upload is opened. */
  location?: string
  /** Bytes that the registry has. */
  offset: number
}

export interface ChunkedUpload {
  readonly call: RegistryCall
  readonly repository: string
  readonly blob: UploadableBlob
  readonly state: UploadState
  readonly chunkBytes: number
  /** Tries without a byte more than ever before. */
  readonly attempts: number
  /** Does the registry have the blob by now? The answer to the last request may have been lost. */
  readonly isThere: () => Promise<boolean>
}

/**
 * Uploads in pieces: POST a session, PATCH each piece, PUT an end. After a failure the registry is asked how much it has, and it
 * goes on there; a registry that does not know the upload any more gets it from the beginning. Throws RegistryError.
 */
export async function uploadInChunks(upload: ChunkedUpload): Promise<void> {
  const { blob, state, attempts } = upload
  const content = readerOf(blob)
  let furthest = state.offset
  let failures = 0
  // Of an earlier try: the registry knows better how far that came.
  if (state.location !== undefined) await askHowFar(upload)
  try {
    for (;;) {
      try {
        if (state.location === undefined) await open(upload)
        while (state.offset < blob.size) {
          await sendChunk(upload, await content.at(state.offset, upload.chunkBytes))
          if (state.offset <= furthest) continue
          furthest = state.offset
          failures = 0
        }
        return await finish(upload)
      } catch (error) {
        failures += 1
        if (!(error instanceof RegistryError) || failures >= attempts || !isWorthRetrying(error, state)) throw error
        await pauseBeforeRetry(failures)
        if (await upload.isThere()) return
        await askHowFar(upload)
      }
    }
  } finally {
    content.close()
  }
}

/** Did the registry refuse the first piece for being one? Some take blobs in one piece only. */
export const takesNoChunks = (error: unknown, { location, offset }: UploadState): boolean =>
  error instanceof RegistryError &&
  location !== undefined &&
  offset === 0 &&
  [400, 404, 405, 411, 413, 415, 416, 501].includes(error.status ?? 0)

const scopeOf = ({ repository }: ChunkedUpload): Scope => ({ repository, actions: 'pull,push' })

async function open(upload: ChunkedUpload): Promise<void> {
  const path = `/v2/${upload.repository}/blobs/uploads/`
  const request = { method: 'POST', path, headers: { 'content-length': '0' } } as const
  const response = await upload.call(scopeOf(upload), request, [202])
  await response.body.dump()
  const location = firstValue(response.headers.location)
  if (location === undefined) throw new RegistryError('invalid', 'the registry opened an upload without a Location')
  upload.state.location = location
  upload.state.offset = 0
}

async function sendChunk(upload: ChunkedUpload, bytes: Buffer): Promise<void> {
  const { call, state } = upload
  const end = state.offset + bytes.length
  const response = await call(
    scopeOf(upload),
    {
      method: 'PATCH',
      path: state.location ?? '',
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(bytes.length),
        'content-range': `${state.offset}-${end - 1}`,
      },
      body: () => bytes,
      attempts: 1,
    },
    [201, 202, 204],
  )
  await response.body.dump()
  state.location = firstValue(response.headers.location) ?? state.location ?? ''
  state.offset = Math.min(end, received(response.headers['range']) ?? end)
}

async function finish(upload: ChunkedUpload): Promise<void> {
  const { call, state, blob } = upload
  const location = state.location ?? ''
  const path = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(blob.digest)}`
  const request = { method: 'PUT', path, headers: { 'content-length': '0' }, attempts: 1 } as const
  const response = await call(scopeOf(upload), request, [201, 204])
  await response.body.dump()
}

/** Sets the state to what the registry says of the upload; to nothing where it knows of none, or will not say. */
async function askHowFar(upload: ChunkedUpload): Promise<void> {
  const { call, state } = upload
  const path = state.location
  if (path === undefined) return
  try {
    const response = await call(scopeOf(upload), { method: 'GET', path }, [200, 204])
    await response.body.dump()
    const has = received(response.headers['range'])
    if (has === undefined) return forget(state)
    state.location = firstValue(response.headers.location) ?? path
    state.offset = has
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    // Away still: what is known of the upload may well be true.
    if (!error.isTemporary) forget(state)
  }
}

function forget(state: UploadState): void {
  delete state.location
  state.offset = 0
}

/** Bytes by a header such as `0-1023`. Of one byte and of none registries say the same; the latter is right far more often. */
function received(range: string | string[] | undefined): number | undefined {
  const [, last] = /^(?:bytes=)?0-(\d+)$/.exec(firstValue(range) ?? '') ?? []
  if (last === undefined) return undefined
  return last === '0' ? 0 : Number(last) + 1
}

/** An upload that is not known any more, or stands elsewhere than we thought, is gone on with where it stands, or anew. */
const isWorthRetrying = (error: RegistryError, { location }: UploadState) =>
  error.isTemporary || (location !== undefined && [400, 404, 416].includes(error.status ?? 0))
