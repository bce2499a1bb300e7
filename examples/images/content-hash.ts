import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Left behind by tools in source folders; never part of an image. */
const IGNORED = new Set(['node_modules', '__pycache__', '.git'])

export interface HashInput {
  readonly root: string
  /** Files and folders below root. */
  readonly paths: readonly string[]
  readonly excluded?: readonly string[]
  /** Anything else the result depends on: build arguments, the hash of the base. */
  readonly extra?: readonly string[]
}

/** 16 hex digits that change when a file's name, mode or content below `paths` changes, or `extra` does; times do not count. */
export function contentHash(input: HashInput): string {
  const hash = createHash('sha256')
  const excluded = new Set(input.excluded ?? [])
  for (const path of [...input.paths].sort()) addPath(hash, input.root, path, excluded)
  for (const text of input.extra ?? []) hash.update(`extra ${text.length} ${text}\n`)
  return hash.digest('hex').slice(0, 16)
}

function addPath(hash: ReturnType<typeof createHash>, root: string, path: string, excluded: ReadonlySet<string>): void {
  if (excluded.has(path)) return
  const stat = statSync(join(root, path))
  if (stat.isDirectory()) {
    const names = readdirSync(join(root, path)).filter((name) => !IGNORED.has(name))
    for (const name of names.sort()) addPath(hash, root, `${path}/${name}`, excluded)
    return
  }
  const content = readFileSync(join(root, path))
  hash.update(`file ${path} ${(stat.mode & 0o111) === 0 ? 'plain' : 'executable'} ${content.length}\n`)
  hash.update(content)
}
