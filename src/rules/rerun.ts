import { ANNOTATION } from '#src/api/labels.ts'
import type { TuningSpec } from '#src/api/tuning.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { deepEqual } from '#src/lib/deep.ts'
import { immutable } from '#src/lib/field-error.ts'
import { activeRun } from '#src/reading/active-run.ts'
import type { Facts } from '#src/reading/facts.ts'
import { rule } from './rule.ts'

export const rerunRules = [
  rule({
    id: 'tuning.active-run',
    about:
      'While a run is active its input, output and config stay: another run would end it, and lose GPU hours for what may be a slip. kaito.sh/replace-run with the name of its Job allows it for that run.',
    level: 'error',
    check: (workspace, facts) => {
      const run = facts.old && activeRun(facts.old)
      if (run === undefined || isToReplace(workspace, run)) return []
      const fix =
        'wait until it has ended, or delete the Workspace and apply it again, or, to end it for another run, ' +
        `first kubectl annotate workspace ${workspace.metadata?.name} --overwrite ${ANNOTATION.replaceRun}=${run}`
      return changedFields(workspace, facts).map((field) =>
        immutable(`tuning.${field}`, undefined, `its run is active (${run}) and would be lost`, { fix }),
      )
    },
  }),

  rule({
    id: 'tuning.new-run',
    about: 'Another input, output or config is another tuning run, which is paid for.',
    level: 'warning',
    check: (workspace, facts) => {
      const run = facts.old && activeRun(facts.old)
      const replaces = run !== undefined && isToReplace(workspace, run)
      // While a run is active this is refused, and what would follow is not asked.
      if (run !== undefined && !replaces) return []
      const consequence = replaces ? 'the run in progress is stopped and a new one starts' : 'a new run starts'
      return changedFields(workspace, facts).map((field) =>
        immutable(`tuning.${field}`, undefined, consequence, { fix: 'make a new Workspace to keep both' }),
      )
    },
  }),
]

const FIELDS = ['input', 'output', 'config'] as const satisfies readonly (keyof TuningSpec)[]

function changedFields({ tuning }: Workspace, { operation, old }: Facts): readonly (typeof FIELDS)[number][] {
  const was = old?.tuning
  if (operation !== 'UPDATE' || tuning === undefined || was === undefined) return []
  return FIELDS.filter((field) => !deepEqual(was[field], tuning[field]))
}

/** Named by its Job, so that an annotation that stays in a manifest allows nothing for the next run. */
const isToReplace = ({ metadata }: Workspace, run: string) => metadata?.annotations?.[ANNOTATION.replaceRun] === run
