import { LIMIT } from '#src/api/limits.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { deepEqual } from '#src/lib/deep.ts'
import { immutable } from '#src/lib/field-error.ts'
import { rule } from './rule.ts'

export const rerunRules = [
  rule({
    id: 'tuning.new-run',
    about:
      'Another input, output or config is another tuning run: a run in progress is stopped, the GPU time spent is lost.',
    level: 'warning',
    check: ({ tuning }, { operation, old }) => {
      if (operation !== 'UPDATE' || !tuning || !old?.tuning) return []
      const was = old.tuning
      const fields = (['input', 'output', 'config'] as const).filter((field) => !deepEqual(was[field], tuning[field]))
      const consequence = isRunning(old) ? 'the run in progress is stopped and a new one starts' : 'a new run starts'
      return fields.map((field) =>
        immutable(`tuning.${field}`, undefined, consequence, { fix: 'make a new Workspace to keep both' }),
      )
    },
  }),
]

function isRunning({ status }: Workspace): boolean {
  // Of a status nothing was checked, and an old one may be of any shape.
  const conditions = Array.isArray(status?.conditions) ? status.conditions.slice(0, LIMIT.conditions) : []
  const condition = (type: string) => conditions.find((each) => each?.type === type)?.status
  return condition('JobStarted') === 'True' && condition('WorkspaceSucceeded') !== 'True' && status?.state !== 'Failed'
}
