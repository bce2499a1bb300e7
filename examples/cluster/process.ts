import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defined } from '#src/lib/defined.ts'
import { endWithParent, forget } from './parent-exit.ts'
import type { Probe } from './probe.ts'
import { type DaemonHandle, isAlive, startTimeOf } from './process-identity.ts'

export interface DaemonSpec {
  readonly name: string
  readonly argv: readonly string[]
  readonly logFile: string
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Outlives this process (the one-node cluster). Without it the daemon dies with its parent (tests). */
  readonly detached?: boolean
}

/** A running daemon: enough to find it again from another process. */
export interface Daemon extends DaemonHandle {
  readonly name: string
  readonly logFile: string
}

/** Starts a daemon with its output in its log file. Returns at once; see waitReady. Rejects when the program cannot start. */
export async function startDaemon(spec: DaemonSpec): Promise<Daemon> {
  mkdirSync(dirname(spec.logFile), { recursive: true })
  const log = openSync(spec.logFile, 'a')
  // The kernel's parent-death signal covers what no handler can: this process being killed outright.
  const argv = spec.detached === true ? spec.argv : ['setpriv', '--pdeathsig', 'KILL', '--', ...spec.argv]
  const [program = '', ...args] = argv
  const child = spawn(program, args, {
    stdio: ['ignore', log, log],
    detached: spec.detached === true,
    env: spec.env ?? process.env,
    ...defined({ cwd: spec.cwd }),
  })
  closeSync(log)
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0))
    child.once('error', (cause) => reject(new Error(`${spec.name}: cannot start ${spec.argv[0]}`, { cause })))
  })
  child.unref()
  const daemon: Daemon = { name: spec.name, logFile: spec.logFile, pid, startTime: startTimeOf(pid) ?? '' }
  if (spec.detached !== true) endWithParent(daemon)
  return daemon
}

/** Polls until the probe says yes. Rejects with the daemon's last log lines when it dies or the time is up. */
export async function waitReady(daemon: Daemon, probe: Probe, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    if (await probe()) return
    if (!isAlive(daemon)) throw new DaemonFailed(daemon, 'it ended')
    if (Date.now() > deadline) throw new DaemonFailed(daemon, `not ready after ${timeoutMs / 1000} s`)
    await sleep(50)
  }
}

/** Ends a daemon: SIGTERM, then SIGKILL when it is still there after graceMs (at once for 0). Fine to call on one that has ended. */
export async function stopDaemon(daemon: Daemon, graceMs = 10_000): Promise<void> {
  if (graceMs > 0) signalDaemon(daemon, 'SIGTERM')
  if (!(await goneWithin(daemon, graceMs))) signalDaemon(daemon, 'SIGKILL')
  await goneWithin(daemon, 5000)
  forget(daemon)
}

/** Kills a daemon without letting it tidy up, as a crash would. Resolves once it is gone. */
export async function killDaemon(daemon: Daemon): Promise<void> {
  await stopDaemon(daemon, 0)
}

/** A daemon did not come up; the message names its log and shows the end of it. */
export class DaemonFailed extends Error {
  readonly daemon: string
  constructor(daemon: Daemon, what: string) {
    super(`${daemon.name} failed: ${what}. Last lines of ${daemon.logFile}:\n${lastLines(daemon.logFile, 20)}`)
    this.name = 'DaemonFailed'
    this.daemon = daemon.name
  }
}

/** The last lines of a log file, or a word when there is none. */
export function lastLines(file: string, count: number): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
  } catch {
    return '(no log)'
  }
}

function signalDaemon(daemon: Daemon, signal: NodeJS.Signals): void {
  if (!isAlive(daemon)) return
  try {
    process.kill(daemon.pid, signal)
  } catch {
    // It ended between the check and the signal.
  }
}

async function goneWithin(daemon: Daemon, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms
  while (isAlive(daemon)) {
    if (Date.now() >= deadline) return false
    await sleep(20)
  }
  return true
}
