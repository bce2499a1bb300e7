import { link, lstat, mkdir, open, readdir, rm, symlink } from 'node:fs/promises'
import { join, posix, relative } from 'node:path'
import type { Header } from 'tar-stream'
import { type LayerPath, readLayerPath } from './layer-path.ts'
import { lstatOrUndefined, scopedDirectory } from './scoped-path.ts'
import { type TarSource, visitTar } from './tar-entries.ts'

/** What unpacking an image counts and remembers from layer to layer. */
export interface Unpacking {
  readonly root: string
  readonly maxEntries: number
  /** Larger files, and hard links to them, are passed over. */
  readonly maxFileBytes?: number
  entries: number
  files: number
  /** Device nodes and pipes, which are never made. */
  skipped: number
  /** Paths below root where a symbolic link was made, for the check at the end. */
  readonly links: Set<string>
}

/** Applies one layer's tar: whiteouts touch lower layers only. Throws where an entry is not safe. */
export async function applyLayer(tar: AsyncIterable<Uint8Array>, unpacking: Unpacking): Promise<void> {
  const written = new Set<string>()
  await visitTar(tar, async (entry) => {
    if (++unpacking.entries > unpacking.maxEntries) {
      throw new Error(`the image holds more than ${unpacking.maxEntries} files`)
    }
    const path = readLayerPath(entry.header.name)
    if (path.kind === 'refused') throw refused(entry.header, path.reason)
    if (path.kind === 'entry') await writeEntry(entry, path.parts, unpacking, written)
    else await hideLower(path, unpacking.root, written)
  })
}

async function writeEntry(
  entry: TarSource,
  parts: readonly string[],
  unpacking: Unpacking,
  written: Set<string>,
): Promise<void> {
  const name = parts.at(-1)
  // The root's own entry: the folder is there and keeps its mode.
  if (name === undefined) return
  const { header } = entry
  const folder = await scopedDirectory(unpacking.root, parts.slice(0, -1), 'create')
  if (folder === undefined) throw refused(header, 'its directory is missing')
  const path = join(folder, name)
  if (isSpecial(header.type)) {
    unpacking.skipped++
    return
  }
  const existing = await lstatOrUndefined(path)
  const keeps = header.type === 'directory' && existing?.isDirectory() === true
  if (existing !== undefined && !keeps) await rm(path, { recursive: true })
  remember(path, unpacking.root, written)
  if (header.type === 'directory') {
    if (!keeps) await mkdir(path, 0o755)
  } else if (header.type === 'symlink') {
    await symlink(linkTarget(header, folder, unpacking.root), path)
    unpacking.links.add(relative(unpacking.root, path))
  } else if (header.type === 'link') {
    const source = await hardLinkSource(header, unpacking.root)
    if (source !== undefined) await link(source, path)
    else if (unpacking.maxFileBytes === undefined)
      throw refused(header, 'it is a hard link to something else than a file')
  } else if (header.type === 'file' || header.type === 'contiguous-file') {
    if (unpacking.maxFileBytes !== undefined && header.size > unpacking.maxFileBytes) return
    await writeFile(entry, path)
    unpacking.files++
  } else throw refused(header, `its type is not supported`)
}

/** Readable by whoever runs next, never set-uid: upstream's own pushes are mode 0600, which a non-root server cannot read. */
async function writeFile(entry: TarSource, path: string): Promise<void> {
  const mode = (entry.header.mode & 0o111) === 0 ? 0o644 : 0o755
  const file = await open(path, 'wx', mode)
  try {
    for await (const chunk of entry) {
      if (chunk instanceof Uint8Array) await file.writev([chunk])
    }
  } finally {
    await file.close()
  }
}

/** Absolute targets mean the image's root, so they are rewritten to point there from outside as well. */
function linkTarget(header: Header, folder: string, root: string): string {
  const target = header.linkname
  if (!target || target.includes('\0')) throw refused(header, 'it is a link without a target')
  if (!target.startsWith('/')) return target
  return relative(folder, join(root, posix.normalize(target))) || '.'
}

/** Undefined where no file is there to link to. */
async function hardLinkSource(header: Header, root: string): Promise<string | undefined> {
  const source = readLayerPath(header.linkname ?? '')
  const name = source.kind === 'entry' ? source.parts.at(-1) : undefined
  if (source.kind !== 'entry' || name === undefined) throw refused(header, 'it is a hard link to nowhere safe')
  const folder = await scopedDirectory(root, source.parts.slice(0, -1), 'find')
  const path = folder === undefined ? undefined : join(folder, name)
  const found = path === undefined ? undefined : await lstatOrUndefined(path)
  return found?.isFile() === true ? path : undefined
}

async function hideLower(path: LayerPath, root: string, written: ReadonlySet<string>): Promise<void> {
  if (path.kind === 'opaque') {
    const folder = await scopedDirectory(root, path.parts, 'find')
    if (folder === undefined) return
    for (const name of await readdir(folder)) await removeUnwritten(join(folder, name), written)
  } else if (path.kind === 'whiteout') {
    const folder = await scopedDirectory(root, path.parts.slice(0, -1), 'find')
    const name = path.parts.at(-1)
    if (folder === undefined || name === undefined) return
    await removeUnwritten(join(folder, name), written)
  }
}

/** Removes what lower layers left at a path and keeps what this layer wrote at or below it. */
async function removeUnwritten(path: string, written: ReadonlySet<string>): Promise<void> {
  if (!written.has(path)) return rm(path, { recursive: true, force: true })
  if (!(await lstat(path)).isDirectory()) return
  for (const name of await readdir(path)) await removeUnwritten(join(path, name), written)
}

/** A path and the directories above it, so that a whiteout of a directory spares what this layer put into it. */
function remember(path: string, root: string, written: Set<string>): void {
  for (let at = path; at.length > root.length && !written.has(at); at = join(at, '..')) written.add(at)
}

function isSpecial(type: Header['type']): boolean {
  return type === 'block-device' || type === 'character-device' || type === 'fifo'
}

function refused(header: Header, why: string): Error {
  return new Error(`the layer entry "${header.name.slice(0, 200)}" is refused: ${why}`)
}
