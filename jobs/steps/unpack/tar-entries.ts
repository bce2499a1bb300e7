import { once } from 'node:events'
import { type Extract, extract } from 'tar-stream'

/** A tar entry: its header, and its content as a stream. */
export type TarSource = Extract extends AsyncIterable<infer Entry> ? Entry : never

/** Visits the entries of a tar one after another. Throws what `visit` or the source threw, or how the tar is broken. */
export async function visitTar(
  tar: AsyncIterable<Uint8Array>,
  visit: (entry: TarSource) => Promise<void>,
): Promise<void> {
  const archive = extract()
  // An entry's stream only says that it was destroyed; the reason is told here.
  let failure: unknown
  archive.on('error', (error) => {
    failure ??= error
  })
  const closed = new Promise<void>((resolve) => archive.on('close', resolve))
  let fed = 0
  const feeding = feed(tar, archive, closed).then(
    (bytes) => {
      fed = bytes
    },
    (error: Error) => {
      failure ??= error
      archive.destroy(error)
    },
  )
  let contentEnd = 0
  try {
    for await (const entry of archive) {
      await visit(entry)
      entry.resume()
      if (entry.header.type !== 'directory') contentEnd = byteOffset(entry.header) + entry.header.size
    }
    await feeding
    if (contentEnd > fed) throw new Error('Unexpected end of data')
  } catch (error) {
    archive.destroy()
    await closed
    throw failure ?? error
  }
  if (failure !== undefined) throw failure
}

/**
 * Passes the tar on and returns its length. Some writers (umoci) leave out the zeros after the last file; Go's reader,
 * which container runtimes use, takes that, so they are added. What then reads zeros as content is found out above.
 */
async function feed(tar: AsyncIterable<Uint8Array>, archive: Extract, closed: Promise<void>): Promise<number> {
  let fed = 0
  for await (const chunk of tar) {
    if (archive.destroyed) return fed
    fed += chunk.length
    if (!archive.write(chunk)) await Promise.race([once(archive, 'drain'), closed])
  }
  archive.end(Buffer.alloc((BLOCK - (fed % BLOCK)) % BLOCK))
  return fed
}

const BLOCK = 512

/** Where an entry's content starts; tar-stream sets it and its type declaration forgets it. */
function byteOffset(header: TarSource['header']): number {
  return 'byteOffset' in header && typeof header.byteOffset === 'number' ? header.byteOffset : 0
}
