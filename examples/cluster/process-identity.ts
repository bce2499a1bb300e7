import { readFileSync } from 'node:fs'

/** A process named so that a reused pid is not mistaken for it. */
export interface DaemonHandle {
  readonly pid: number
  /** Start time in clock ticks since boot (/proc/PID/stat, field 22). */
  readonly startTime: string
}

/** True while that very process runs; a zombie counts as ended. */
export function isAlive(handle: DaemonHandle): boolean {
  const stat = readStat(handle.pid)
  return stat !== undefined && stat.state !== 'Z' && stat.startTime === handle.startTime
}

/** Start time of a pid, or undefined when there is no such process. */
export const startTimeOf = (pid: number): string | undefined => readStat(pid)?.startTime

function readStat(pid: number): { state: string; startTime: string } | undefined {
  if (!(pid > 0)) return undefined
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command name in parentheses may hold spaces: count fields after its end.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? 'Z', startTime: fields[19] ?? '' }
  } catch {
    return undefined
  }
}
