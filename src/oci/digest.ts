import { createHash, type Hash } from 'node:crypto'

/** `sha256:…` of the bytes, or the algorithm that `like` (another digest) uses. */
export function digestOf(bytes: Uint8Array, like = 'sha256:'): string {
  return startDigest(like).update(bytes).finish()
}

export interface RunningDigest {
  update(bytes: Uint8Array): RunningDigest
  finish(): string
}

/** A digest computed piece by piece, in the algorithm of `like`. */
export function startDigest(like = 'sha256:'): RunningDigest {
  const algorithm = like.startsWith('sha512:') ? 'sha512' : 'sha256'
  const hash: Hash = createHash(algorithm)
  const running: RunningDigest = {
    update(bytes) {
      hash.update(bytes)
      return running
    },
    finish: () => `${algorithm}:${hash.digest('hex')}`,
  }
  return running
}
