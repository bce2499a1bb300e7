import type { Readable } from 'node:stream'
import type { Scope } from './authorizer.ts'
import type { RegistryCall } from './registry.ts'
import { RegistryError } from './registry-error.ts'
import { firstValue, pauseBeforeRetry } from './transport.ts'

/** Content with its digest already known. `open` gives a fresh stream or the bytes, once per try. */
export interface UploadableBlob {
  readonly digest: string
  readonly size: number
  readonly open: () => Buffer | Readable
}

/** Uploads in one piece (POST a session, PUT the content); a failed try starts a new session. */
export async function uploadBlob(
  call: RegistryCall,
  repository: string,
  blob: UploadableBlob,
  attempts: number,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await uploadOnce(call, repository, blob)
    } catch (error) {
      if (!(error instanceof RegistryError) || attempt >= attempts || !isWorthRetrying(error)) throw error
    }
    await pauseBeforeRetry(attempt)
  }
}

async function uploadOnce(call: RegistryCall, repository: string, blob: UploadableBlob): Promise<void> {
  const scope: Scope = { repository, actions: 'pull,push' }
  const session = await call(
    scope,
    { method: 'POST', path: `/v2/${repository}/blobs/uploads/`, headers: { 'content-length': '0' } },
    [202],
  )
  await session.body.dump()
  const location = firstValue(session.headers.location)
  if (location === undefined) throw new RegistryError('invalid', 'the registry opened an upload without a Location')
  const response = await call(
    scope,
    {
      method: 'PUT',
      path: withDigest(location, blob.digest),
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) },
      body: blob.open,
      attempts: 1,
    },
    [201, 204],
  )
  await response.body.dump()
}

/** An expired session answers 404; both it and a broken connection deserve a new one. */
function isWorthRetrying(error: RegistryError): boolean {
  return error.isTemporary || error.kind === 'not-found'
}

/** Kept as text: re-encoding the registry's own query (a signed state) could break it. */
function withDigest(location: string, digest: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`
}
