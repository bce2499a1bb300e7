import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { cutAtFrames } from './zstd-frames.ts'

/** The tar inside a layer blob: gzip and zstd by their first bytes (media types are often wrong), else as it is. */
export async function* decompress(blob: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { head, whole } = await peek(blob, 4)
  if (head[0] === 0x1f && head[1] === 0x8b) return yield* through(whole, createGunzip())
  if (isZstd(head)) return yield* through(cutAtFrames(whole), createZstdDecompress())
  yield* whole
}

/** The same bytes, as long as there are not more than `limit` over all calls that share `counter`. */
export async function* capped(
  source: AsyncIterable<Uint8Array>,
  counter: { bytes: number },
  limit: number,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    counter.bytes += chunk.length
    if (counter.bytes > limit) throw new Error(`the image unpacks to more than the limit of ${limit} bytes`)
    yield chunk
  }
}

async function* through(source: AsyncIterable<Uint8Array>, unpacker: NodeJS.ReadWriteStream & Readable) {
  // The iteration below reports the error; the callback only keeps it from being thrown as unhandled.
  pipeline(Readable.from(source, { objectMode: false }), unpacker, () => undefined)
  for await (const chunk of unpacker) {
    if (chunk instanceof Uint8Array) yield chunk
  }
}

async function peek(source: AsyncIterable<Uint8Array>, count: number) {
  const iterator = source[Symbol.asyncIterator]()
  let head: Uint8Array = new Uint8Array()
  while (head.length < count) {
    const next = await iterator.next()
    if (next.done) break
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  return { head, whole: resume(head, iterator) }
}

async function* resume(head: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}

function isZstd(head: Uint8Array): boolean {
  const isFrame = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd
  const isSkippable = ((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18
  return isFrame || isSkippable
}
