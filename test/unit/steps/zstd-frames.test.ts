import { constants, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decompress } from '#jobs/steps/unpack/decompression.ts'
import { cutAtFrames } from '#jobs/steps/unpack/zstd-frames.ts'

async function* pieces(bytes: Buffer, size: number) {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const checksummed = (text: Buffer) => zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
const skippable = (length: number) => {
  const head = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 0, 0, 0, 0])
  head.writeUInt32LE(length, 4)
  return Buffer.concat([head, Buffer.alloc(length, 0x28)])
}

describe('zstd with several frames', () => {
  test('unpacks completely, however the stream is cut into pieces', async () => {
    const texts = [
      Buffer.alloc(400_000, 'abc'),
      Buffer.from('short'),
      Buffer.alloc(0),
      Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * i) % 251)),
    ]
    const packed = Buffer.concat([
      skippable(0),
      checksummed(texts[0] ?? Buffer.alloc(0)),
      zstdCompressSync(texts[1] ?? ''),
      skippable(9000),
      zstdCompressSync(texts[2] ?? ''),
      checksummed(texts[3] ?? Buffer.alloc(0)),
      skippable(3),
    ])
    for (const size of [1, 7, 4096, packed.length]) {
      expect((await collect(decompress(pieces(packed, size)))).equals(Buffer.concat(texts))).toBe(true)
    }
  })

  test('cutting changes no byte, and frames never share a piece', async () => {
    const frame = fc
      .uint8Array({ maxLength: 300 })
      .map((bytes) => (bytes.length % 2 ? checksummed : zstdCompressSync)(Buffer.from(bytes)))
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 5 }), fc.integer({ min: 1, max: 500 }), async (frames, size) => {
        const whole = Buffer.concat(frames)
        const ends = new Set<number>()
        let at = 0
        for (const piece of frames) {
          at += piece.length
          ends.add(at)
        }
        let position = 0
        const out: Uint8Array[] = []
        for await (const piece of cutAtFrames(pieces(whole, size))) {
          for (const end of ends) expect(end > position && end < position + piece.length).toBe(false)
          position += piece.length
          out.push(piece)
        }
        expect(Buffer.concat(out).equals(whole)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('what follows a frame and is none is an error, not silence', async () => {
    const packed = Buffer.concat([zstdCompressSync(Buffer.from('x')), Buffer.from('trailing')])
    await expect(collect(decompress(pieces(packed, 1000)))).rejects.toThrow(/not valid zstd/)
  })

  test('a stream that ends within a frame is an error', async () => {
    const packed = zstdCompressSync(Buffer.alloc(100_000, 'abc'))
    await expect(collect(decompress(pieces(packed.subarray(0, -3), 1000)))).rejects.toThrow()
  })
})
