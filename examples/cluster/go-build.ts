import { renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { GoBuild } from './binary-catalog.ts'
import { mustRun } from './command.ts'
import { ensureGo } from './go-toolchain.ts'
import { ensureDebianPackages } from './packages.ts'
import { goModulesDir } from './paths.ts'
import { type Progress, withHeartbeat } from './progress.ts'

/** Builds one program from its pinned module; go.sum is the lock. Rejects with the end of the compiler's output. */
export async function buildBinary(name: string, build: GoBuild, target: string, progress: Progress): Promise<void> {
  const go = await ensureGo(progress)
  if (build.cgo === true) await ensureDebianPackages(['gcc', 'libc6-dev', 'libseccomp-dev', 'pkg-config'], progress)
  progress(`building ${name} from source (${build.package})`)
  const unfinished = `${target}.build-${process.pid}`
  const tags = build.tags === undefined ? [] : ['-tags', build.tags]
  const argv = [
    go,
    'build',
    '-trimpath',
    '-buildvcs=false',
    ...tags,
    '-ldflags',
    build.ldflags,
    '-o',
    unfinished,
    build.package,
  ]
  const env = {
    ...process.env,
    CGO_ENABLED: build.cgo === true ? '1' : '0',
    GOFLAGS: '-mod=readonly',
    // Debian's Go is told to stay as it is; a newer toolchain named by go.mod may be fetched instead.
    GOTOOLCHAIN: 'auto',
    PATH: `${dirname(go)}:${process.env['PATH'] ?? ''}`,
  }
  try {
    await withHeartbeat(progress, `building ${name}`, () =>
      mustRun(argv, { cwd: join(goModulesDir, build.module), env }),
    )
    renameSync(unfinished, target)
  } finally {
    rmSync(unfinished, { force: true })
  }
}
