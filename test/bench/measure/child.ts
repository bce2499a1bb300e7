import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { openSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

/** A script in a process of its own, spoken to by messages. */
export interface Child {
  readonly pid: number
  /** Sends a message and resolves with the next one that comes back. */
  ask<T>(message: unknown): Promise<T>
  /** Lets it go to any core again. */
  unpin(): void
  stop(): void
}

export interface ChildOptions {
  /** The core to stay on, so that two processes that are compared do not move about. Ignored on a single core. */
  readonly core?: number
  /** Where its output goes. Default: this process's own. */
  readonly output?: string
  /** Environment beside this process's own. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a script of this folder; it ends with this process at the latest. */
export function startChild(script: URL, { core, output, env }: ChildOptions = {}): Child {
  const stdio = output === undefined ? 'inherit' : openSync(output, 'a')
  const child: ChildProcess = fork(fileURLToPath(script), [], {
    stdio: ['ignore', stdio, 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  })
  const pid = child.pid ?? 0
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  if (core !== undefined && availableParallelism() > core) spawnSync('taskset', ['-acp', String(core), String(pid)])
  return {
    pid,
    ask: <T>(message: unknown) =>
      new Promise<T>((resolve, reject) => {
        const onExit = (code: number | null) => reject(new Error(`${script.pathname} ended with ${code}`))
        child.once('exit', onExit)
        child.once('message', (answer) => {
          child.off('exit', onExit)
          resolve(answer as T)
        })
        child.send(message as object)
      }),
    unpin() {
      if (core !== undefined) spawnSync('taskset', ['-acp', `0-${availableParallelism() - 1}`, String(pid)])
    },
    stop() {
      process.off('exit', kill)
      kill()
    },
  }
}
