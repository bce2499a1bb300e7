import type { Workspace } from '#src/api/workspace.ts'

export interface EndOfRun {
  readonly outcome: 'succeeded' | 'failed'
  /** From the start of its Job to when its end was seen. */
  readonly seconds: number
}

/** The tuning run that has ended between two versions of a Workspace. Undefined where none has. */
export function endOfRun(was: Workspace, now: Workspace): EndOfRun | undefined {
  const before = was.status?.tuning
  const run = now.status?.tuning
  if (run?.finishedAt === undefined || run.startedAt === undefined) return undefined
  if (before?.finishedAt !== undefined && before.jobName === run.jobName) return undefined
  const seconds = (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000
  // Times in a status can be written by others; a clock can be set back.
  if (!Number.isFinite(seconds)) return undefined
  return { outcome: now.status?.state === 'Succeeded' ? 'succeeded' : 'failed', seconds: Math.max(0, seconds) }
}
