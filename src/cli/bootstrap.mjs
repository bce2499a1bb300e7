// The one file that must run on whatever Node the machine has (>= 20): it installs the locked packages, which bring
// Node 24, then hands over to it. Everything else in this repository is TypeScript run directly by Node 24.
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const lock = join(root, 'package-lock.json')
const installedLock = join(root, 'node_modules', '.kaito-ts-lock.json')
const node24 = join(root, 'node_modules', 'node', 'bin', 'node')

const isInstalled = () =>
  existsSync(node24) && existsSync(installedLock) && readFileSync(installedLock).equals(readFileSync(lock))

if (!isInstalled()) {
  process.stderr.write('Installing npm packages (Node 24 among them, about 420 MB)...\n')
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (npm.status !== 0) {
    process.stderr.write('npm ci failed; the lines above say why. Fix that and run the same command again.\n')
    process.exit(npm.status ?? 1)
  }
  copyFileSync(lock, installedLock)
}

const [script, ...args] = process.argv.slice(2)
const bin = join(root, 'node_modules', '.bin')
const child = spawn(node24, ['--disable-warning=ExperimentalWarning', join(root, script), ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${dirname(node24)}:${bin}:${process.env.PATH}` },
})
// Ctrl-C reaches the child through the terminal's process group; this process only has to outlive it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => signal !== 'SIGINT' && child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
