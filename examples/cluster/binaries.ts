import { createHash } from 'node:crypto'
import { accessSync, constants, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { BINARIES, type BinaryName, type BinarySource } from './binary-catalog.ts'
import { runCommand } from './command.ts'
import { downloadBinary } from './download.ts'
import { withFolderLock } from './folder-lock.ts'
import { buildBinary } from './go-build.ts'
import { binDir, goModulesDir } from './paths.ts'
import { type Progress, silent } from './progress.ts'

/**
 * Paths of these programs, fetching or building what is not there yet. Looked for in $KAITO_CLUSTER_BIN, in the cache, on PATH
 * (the very same version only), at the projects' official downloads, and at last built with Go from the pinned modules:
 * about 10 minutes for all of them on 2 cores, once.
 */
export async function ensureBinaries(
  names: readonly BinaryName[],
  progress: Progress = silent,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const missing: BinaryName[] = []
  for (const name of names) {
    const path = findPresent(name) ?? (await findOnPath(name))
    if (path === undefined) missing.push(name)
    else found.set(name, path)
  }
  if (missing.length === 0) return found
  mkdirSync(binDir(), { recursive: true })
  await withFolderLock(join(binDir(), '.lock'), progress, async () => {
    for (const [index, name] of missing.entries()) {
      found.set(name, await obtain(name, (line) => progress(`[${index + 1}/${missing.length}] ${line}`)))
    }
  })
  return found
}

async function obtain(name: BinaryName, progress: Progress): Promise<string> {
  // Whoever held the lock before us may have made it.
  const present = findPresent(name)
  if (present !== undefined) return present
  const source: BinarySource = BINARIES[name]
  const target = join(binDir(), keptAs(name))
  const start = Date.now()
  const how = (await downloadBinary(source, target)) ? 'downloaded' : 'built'
  if (how === 'built') await buildBinary(name, source.build, target, progress)
  progress(`${name} ${source.version} ${how} in ${((Date.now() - start) / 1000).toFixed(1)} s`)
  return target
}

function findPresent(name: BinaryName): string | undefined {
  const explicit = process.env['KAITO_CLUSTER_BIN']
  return [...(explicit === undefined ? [] : [join(explicit, name)]), join(binDir(), keptAs(name))].find((path) =>
    isExecutable(path),
  )
}

/** A program whose source is in this repository is kept under a name that changes with it. */
function keptAs(name: BinaryName): string {
  const { build }: BinarySource = BINARIES[name]
  if (build.package !== '.') return name
  const hash = createHash('sha256')
  const dir = join(goModulesDir, build.module)
  for (const file of readdirSync(dir).toSorted()) hash.update(`${file}\0`).update(readFileSync(join(dir, file)))
  return `${name}-${hash.digest('hex').slice(0, 12)}`
}

async function findOnPath(name: BinaryName): Promise<string | undefined> {
  const source: BinarySource = BINARIES[name]
  if (source.versionArgs === undefined) return undefined
  for (const dir of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(dir, name)
    if (dir === '' || !isExecutable(path)) continue
    const { stdout } = await runCommand([path, ...source.versionArgs], { timeoutMs: 5000 })
    const versions = stdout.match(/\d+\.\d+\.\d+/g) ?? []
    if (versions[0] === source.version.replace(/^v/, '')) return path
  }
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
