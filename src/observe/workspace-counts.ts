import { STATES } from '#src/api/status.ts'
import type { Workspace } from '#src/api/workspace.ts'

export interface WorkspaceCount {
  readonly mode: 'inference' | 'tuning'
  /** One of `STATES`, or Unknown: an administrator's gauge must not grow with what somebody wrote into a status. */
  readonly phase: string
  readonly count: number
}

/** How many Workspaces are in each mode and state; none of a kind is 0, so that a gauge does not end in a gap. */
export function workspaceCounts(workspaces: readonly Workspace[]): WorkspaceCount[] {
  const counts = new Map<string, number>()
  for (const workspace of workspaces) {
    const key = `${modeOf(workspace)}/${phaseOf(workspace)}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return (['inference', 'tuning'] as const).flatMap((mode) =>
    [...STATES, UNKNOWN].map((phase) => ({ mode, phase, count: counts.get(`${mode}/${phase}`) ?? 0 })),
  )
}

const UNKNOWN = 'Unknown'

const modeOf = ({ tuning }: Workspace) => (tuning === undefined ? 'inference' : 'tuning')

/** Before the first look there is no state; that is pending. */
const phaseOf = ({ status }: Workspace) => STATES.find((state) => state === (status?.state ?? 'Pending')) ?? UNKNOWN
