import { RegistryError } from './registry-error.ts'

/** The whole of a stream as one buffer; throws RegistryError `too-large` as soon as it passes `limit` bytes. */
export async function readLimited(stream: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > limit) throw new RegistryError('too-large', `the answer is larger than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
