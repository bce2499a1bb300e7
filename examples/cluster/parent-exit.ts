import { rmSync } from 'node:fs'
import { type DaemonHandle, isAlive } from './process-identity.ts'

const daemons = new Set<DaemonHandle>()
const folders = new Set<string>()
let installed = false

/** From now on the daemon is killed when this process exits, for whatever reason it can notice. */
export function endWithParent(daemon: DaemonHandle): void {
  install()
  daemons.add(daemon)
}

/** From now on the folder is removed when this process exits. */
export function removeWithParent(folder: string): void {
  install()
  folders.add(folder)
}

/** The daemon has been stopped already. */
export function forget(daemon: DaemonHandle): void {
  daemons.delete(daemon)
}

/** Removes the folder now rather than at exit. */
export function removeNow(folder: string): void {
  folders.delete(folder)
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

function install(): void {
  if (installed) return
  installed = true
  process.once('exit', endAll)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      endAll()
      // Someone else's handler decides how this process ends; with none left, end as the signal would have.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    })
  }
}

function endAll(): void {
  for (const daemon of daemons) if (isAlive(daemon)) process.kill(daemon.pid, 'SIGKILL')
  daemons.clear()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  folders.clear()
}
