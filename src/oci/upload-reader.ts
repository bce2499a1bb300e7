import type { Readable } from 'node:stream'
import type { UploadableBlob } from './blob-upload.ts'
import { RegistryError } from './registry-error.ts'

export interface BlobReader {
  /** The bytes from `offset` on, at most `length`: fewer only at the end. */
  at(offset: number, length: number): Promise<Buffer>
  close(): void
}

/** Reads a blob once from front to back, and from the front again where an earlier place is asked for. */
export function readerOf(blob: UploadableBlob): BlobReader {
  let stream: Readable | undefined
  let chunks: AsyncIterator<Buffer> | undefined
  let position = 0
  let rest: Buffer = Buffer.alloc(0)
  let last: { readonly offset: number; readonly bytes: Buffer } = { offset: -1, bytes: Buffer.alloc(0) }
  const close = () => {
    stream?.destroy()
    stream = undefined
    chunks = undefined
  }
  const rewind = () => {
    close()
    const opened = blob.open()
    position = 0
    rest = Buffer.alloc(0)
    if (Buffer.isBuffer(opened)) {
      rest = opened
      return
    }
    stream = opened
    chunks = opened[Symbol.asyncIterator]()
  }
  rewind()
  /** Up to `length` bytes from where it stands. */
  const read = async (length: number): Promise<Buffer> => {
    const parts: Buffer[] = []
    let missing = length
    while (missing > 0) {
      if (rest.length === 0) {
        const next = await chunks?.next()
        if (next === undefined || next.done === true) break
        rest = Buffer.from(next.value)
      }
      const part = rest.subarray(0, missing)
      rest = rest.subarray(part.length)
      parts.push(part)
      missing -= part.length
    }
    const bytes = Buffer.concat(parts)
    position += bytes.length
    return bytes
  }
  return {
    async at(offset, length) {
      if (offset === last.offset) return last.bytes
      if (offset < position) rewind()
      while (position < offset) {
        const skipped = await read(Math.min(1_048_576, offset - position))
        if (skipped.length === 0) throw new RegistryError('invalid', 'the content is shorter than it was')
      }
      last = { offset, bytes: await read(Math.min(length, blob.size - offset)) }
      return last.bytes
    },
    close,
  }
}
