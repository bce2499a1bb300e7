import type { Workspace } from '#src/api/workspace.ts'
import type { Complaint } from '#src/lib/field-error.ts'
import type { Facts } from '#src/reading/facts.ts'

/**
 * One thing that must hold of a Workspace.
 * - `id`    `area.what`, stable: it is in every message, in docs/rules.md and in the tests' names
 * - `about` one sentence for docs/rules.md: what is demanded and why
 * - `level` errors refuse the object, warnings are shown by kubectl beside success
 * - `reads` what it looks up beside the object; a remembered look-up may let a Workspace in, but not speak against it
 * - `check` all complaints, pure; must tolerate any object the CRD schema lets through
 */
export interface Rule {
  readonly id: string
  readonly about: string
  readonly level: 'error' | 'warning'
  readonly reads?: readonly Reads[]
  readonly check: (workspace: Workspace, facts: Facts) => readonly Complaint[]
}

/** Objects that rules may look up. */
export type Reads = 'configMaps' | 'secrets' | 'nodesHeld'

export const rule = (definition: Rule): Rule => definition
