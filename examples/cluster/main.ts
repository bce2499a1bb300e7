import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ensureBinaries } from './binaries.ts'
import { startCluster, stopCluster } from './cluster.ts'
import { layoutOf } from './node/layout.ts'
import type { ClusterState } from './node/state.ts'
import { runDir } from './paths.ts'
import { isAlive } from './process-identity.ts'
import { toStderr } from './progress.ts'

const USAGE = `usage: node examples/cluster/main.ts <command> [--dir DIR]
  up                 start the one-node cluster, or what is missing of it
                     [--registry-port N] [--apiserver-port N]  (default 5000, 6443)
  down [--purge]     end it; --purge deletes its data too
  status             one line per daemon
  env                shell lines that point kubectl and helm at it
  kubectl ARGS…      run the cluster's kubectl
  helm ARGS…         run helm against it`

const [command = '', ...rest] = process.argv.slice(2)
const passThrough = command === 'kubectl' || command === 'helm'
const { values } = parseArgs({
  args: passThrough ? [] : rest,
  options: {
    dir: { type: 'string' },
    'registry-port': { type: 'string', default: '5000' },
    'apiserver-port': { type: 'string', default: '6443' },
    purge: { type: 'boolean', default: false },
  },
})
const layout = layoutOf(values.dir ?? runDir())

try {
  process.exitCode = await perform(command)
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function perform(name: string): Promise<number> {
  switch (name) {
    case 'up': {
      const cluster = await startCluster({
        dir: layout.dir,
        registryPort: Number(values['registry-port']),
        apiserverPort: Number(values['apiserver-port']),
        progress: toStderr(),
      })
      process.stdout.write(`export KUBECONFIG=${cluster.kubeconfig}\n`)
      return 0
    }
    case 'down':
      await stopCluster({ dir: layout.dir, purge: values.purge, progress: toStderr() })
      return 0
    case 'status':
      return status()
    case 'env':
      process.stdout.write(`export KUBECONFIG=${layout.kubeconfig}\n`)
      return existsSync(layout.kubeconfig) ? 0 : 1
    case 'kubectl':
    case 'helm':
      return attached(name)
    default:
      process.stderr.write(`${USAGE}\n`)
      return 64
  }
}

function status(): number {
  if (!existsSync(layout.stateFile)) {
    process.stdout.write('no cluster here; start it with: node examples/cluster/main.ts up\n')
    return 1
  }
  const { daemons } = JSON.parse(readFileSync(layout.stateFile, 'utf8')) as ClusterState
  for (const daemon of Object.values(daemons)) {
    const word = isAlive(daemon) ? 'running' : 'ended  '
    process.stdout.write(`${daemon.name.padEnd(24)} ${word} pid ${daemon.pid}  ${daemon.logFile}\n`)
  }
  const running = Object.values(daemons).filter(isAlive).length
  if (running === 0) process.stdout.write('nothing runs\n')
  return running > 0 && running === Object.keys(daemons).length ? 0 : 1
}

async function attached(name: 'kubectl' | 'helm'): Promise<number> {
  const binaries = await ensureBinaries([name], toStderr())
  const env = { ...process.env, KUBECONFIG: layout.kubeconfig }
  return spawnSync(binaries.get(name) ?? name, rest, { stdio: 'inherit', env }).status ?? 1
}
