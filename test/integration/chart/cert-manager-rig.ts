import { join } from 'node:path'
import { ensureBinaries } from '#examples/cluster/binaries.ts'
import { BINARIES } from '#examples/cluster/binary-catalog.ts'
import { mustRun } from '#examples/cluster/command.ts'
import type { ControlPlane } from '#examples/cluster/control-plane.ts'
import { ensureGo } from '#examples/cluster/go-toolchain.ts'
import { kubectlFor } from '#examples/cluster/node/kubectl.ts'
import { goModulesDir } from '#examples/cluster/paths.ts'
import { killDaemon, lastLines, startDaemon } from '#examples/cluster/process.ts'
import { toStderr } from '#examples/cluster/progress.ts'

const MODULE = 'github.com/cert-manager/cert-manager'
const CRDS = ['certificates', 'certificaterequests', 'issuers', 'clusterissuers'].map(
  (plural) => `cert-manager.io_${plural}.yaml`,
)

/** The real cert-manager beside an API server: its controllers and its ca-injector, as two processes. */
export interface CertManager {
  /** The ends of both logs. */
  readonly log: () => string
  /**
   * Another ca-injector, which writes the newest authority only, as all did before version 1.19. The default one keeps those
   * it wrote earlier beside it, until they expire.
   */
  replaceInjector(): Promise<void>
  stop(): Promise<void>
}

/** Installs the definitions of cert-manager and starts it as an administrator. Its own webhook does not run. */
export async function startCertManager(plane: ControlPlane): Promise<CertManager> {
  const binary = (await ensureBinaries(['cert-manager'], toStderr())).get('cert-manager') ?? 'cert-manager'
  const { run } = kubectlFor(plane.kubectl, plane.kubeconfig)
  const definitions = (await definitionFiles()).flatMap((file) => ['--filename', file])
  await run('create', ...definitions)
  await run('wait', '--for=condition=Established', '--timeout=60s', ...definitions)
  await run('create', 'namespace', 'cert-manager')
  const start = (part: string, ...gates: readonly string[]) =>
    startDaemon({
      name: `cert-manager ${part}`,
      argv: [binary, part, plane.kubeconfig, ...gates],
      logFile: join(plane.dir, `cert-manager-${part}.log`),
    })
  const controller = await start('controller')
  let injector = await start('cainjector')
  return {
    log: () => [controller, injector].map(({ logFile }) => lastLines(logFile, 20)).join('\n---\n'),
    replaceInjector: async () => {
      await killDaemon(injector)
      injector = await start('cainjector', 'CAInjectorMerging=false')
    },
    stop: async () => {
      await Promise.all([controller, injector].map(killDaemon))
    },
  }
}

/** The project's own definitions, from the module that the program is built from. */
async function definitionFiles(): Promise<string[]> {
  const go = await ensureGo(toStderr())
  const folder = join(goModulesDir, 'cert-manager')
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'auto' }
  const { Dir, Version } = JSON.parse(await mustRun([go, 'mod', 'download', '-json', MODULE], { cwd: folder, env }))
  const { version } = BINARIES['cert-manager']
  if (Version !== `v${version}`) throw new Error(`go.mod pins ${Version}, the catalog of programs ${version}`)
  return CRDS.map((name) => join(String(Dir), 'deploy', 'crds', name))
}
