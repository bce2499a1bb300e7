import type { Workspace } from '#src/api/workspace.ts'
import { isJsonObject } from '#src/lib/json.ts'

/**
 * The Job of the run that has begun and not ended, by what the status says; undefined where none has. A run that waits for
 * a GPU, or whose image cannot be pulled, has not begun: nothing is lost with it. One that lost its node has, and goes on.
 */
export function activeRun({ status }: Workspace): string | undefined {
  // Of a status nothing was checked, and an old one may be of any shape.
  const tuning: unknown = status?.tuning
  if (!isJsonObject(tuning)) return undefined
  const { jobName, startedAt, finishedAt } = tuning
  return typeof jobName === 'string' && startedAt !== undefined && finishedAt === undefined ? jobName : undefined
}
