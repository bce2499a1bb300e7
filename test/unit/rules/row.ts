import type { Workspace } from '#src/api/workspace.ts'
import type { Facts } from '#src/reading/facts.ts'

/**
 * One line of a table: what one rule says of one Workspace.
 * - `when`  completes "… refuses/warns of/accepts a Workspace …"
 * - `at`    the paths it complains about, in order; none = it says nothing
 * - `says`  what the complaint (its text with fix) must contain
 */
export interface Row {
  readonly rule: string
  readonly when: string
  readonly workspace: Workspace
  readonly facts?: Partial<Facts>
  readonly at: readonly string[]
  readonly says?: string
}

/** Rows of one rule, without repeating its id. */
export const rowsOf = (rule: string, rows: readonly Omit<Row, 'rule'>[]): Row[] => rows.map((row) => ({ rule, ...row }))
