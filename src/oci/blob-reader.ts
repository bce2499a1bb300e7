import { startDigest } from './digest.ts'
import type { Descriptor } from './manifest.ts'
import { isTooSlow, LEAST_PACE } from './pace.ts'
import type { RegistryCall } from './registry.ts'
import { connectionError, RegistryError } from './registry-error.ts'
import { firstValue, pauseBeforeRetry } from './transport.ts'

/**
 * Streams a blob. Where the connection breaks, goes on from the byte it had (Range), so that gigabytes of weights
 * need not start over; `attempts` counts failures in a row without progress. The end is reached only when size and
 * digest are right: a consumer that sees this generator finish has the true content.
 */
export async function* readBlob(
  call: RegistryCall,
  repository: string,
  blob: Descriptor,
  attempts: number,
): AsyncGenerator<Buffer> {
  const digest = startDigest(blob.digest)
  let received = 0
  let failures = 0
  const startedAt = performance.now()
  while (received < blob.size || received === 0) {
    const before = received
    try {
      for await (const chunk of openAt(call, repository, blob, received)) {
        received += chunk.length
        if (received > blob.size) throw mismatch(blob, `is longer than its ${blob.size} bytes`)
        digest.update(chunk)
        yield chunk
        // Also what the reader took of it: a disk writes faster than this.
        if (isTooSlow(received, performance.now() - startedAt, LEAST_PACE)) throw tooSlow(blob, received)
      }
      if (received === blob.size) break
      throw new RegistryError('network', `the connection ended after ${received} of ${blob.size} bytes`)
    } catch (cause) {
      const error = connectionError(cause, new URL(`registry://${repository}`))
      failures = received > before ? 1 : failures + 1
      if (!error.isTemporary || failures >= attempts) throw error
      await pauseBeforeRetry(failures)
    }
  }
  if (digest.finish() !== blob.digest) throw mismatch(blob, 'does not match its digest')
}

async function* openAt(
  call: RegistryCall,
  repository: string,
  blob: Descriptor,
  start: number,
): AsyncGenerator<Buffer> {
  const path = `/v2/${repository}/blobs/${blob.digest}`
  const headers = start === 0 ? {} : { range: `bytes=${start}-` }
  const response = await call({ repository, actions: 'pull' }, { method: 'GET', path, headers }, [200, 206])
  const resumed =
    response.statusCode === 206 && firstValue(response.headers['content-range'])?.startsWith(`bytes ${start}-`)
  // A registry that ignores Range sends everything again: drop what is already there.
  let skip = resumed ? 0 : start
  for await (const chunk of response.body) {
    const fresh = Buffer.from(chunk).subarray(Math.min(skip, chunk.length))
    skip = Math.max(0, skip - chunk.length)
    if (fresh.length > 0) yield fresh
  }
}

/** Not temporary: another try of the same registry would wait as long. */
const tooSlow = (blob: Descriptor, received: number) =>
  new RegistryError('invalid', `${blob.digest} comes too slowly: ${received} of ${blob.size} bytes so far`)

function mismatch(blob: Descriptor, how: string): RegistryError {
  return new RegistryError('invalid', `the content of ${blob.digest} ${how}; the registry or a proxy altered it`)
}
