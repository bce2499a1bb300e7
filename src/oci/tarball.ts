import { once } from 'node:events'
import { Readable } from 'node:stream'
import { type Pack, pack } from 'tar-stream'

/** A file or directory of a layer. Owner 0:0, time 0 and modes 0644/0755 are fixed: equal content, equal bytes. */
export type TarEntry =
  | { readonly path: string; readonly kind: 'directory' }
  | {
      readonly path: string
      readonly kind: 'file'
      readonly size: number
      readonly open: () => AsyncIterable<Uint8Array>
    }

/** The entries as one tar, streamed. The stream fails where a file yields another number of bytes than its `size`. */
export function tarStream(entries: readonly TarEntry[]): Readable {
  return Readable.from(tarChunks(entries), { objectMode: false })
}

async function* tarChunks(entries: readonly TarEntry[]): AsyncGenerator<Uint8Array> {
  const archive = pack()
  const writing = writeEntries(archive, entries)
  writing.catch((error: Error) => archive.destroy(error))
  for await (const chunk of archive) {
    if (chunk instanceof Uint8Array) yield chunk
  }
  await writing
}

async function writeEntries(archive: Pack, entries: readonly TarEntry[]): Promise<void> {
  for (const entry of entries) await writeEntry(archive, entry)
  archive.finalize()
}

async function writeEntry(archive: Pack, entry: TarEntry): Promise<void> {
  const { promise: stored, resolve, reject } = Promise.withResolvers<void>()
  // A source that fails is reported below; the sink's own complaint about it must not go unhandled.
  stored.catch(() => undefined)
  const size = entry.kind === 'file' ? entry.size : 0
  const mode = entry.kind === 'file' ? 0o644 : 0o755
  const header = { name: entry.path, type: entry.kind, size, mode, mtime: new Date(0), uid: 0, gid: 0 }
  const sink = archive.entry(header, (error) => (error ? reject(error) : resolve()))
  sink.on('error', reject)
  if (entry.kind === 'file') {
    for await (const chunk of entry.open()) {
      if (!sink.write(chunk)) await Promise.race([once(sink, 'drain'), stored])
    }
    sink.end(undefined)
  }
  await stored
}
