import type { Workspace } from '#src/api/workspace.ts'
import type { Complaint, FieldError } from '#src/lib/field-error.ts'
import type { Facts } from '#src/reading/facts.ts'
import type { Rule } from './rule.ts'

/** A refusal with more faults than this is not read to its end; the rest is told once these are mended. */
export const MAX_FINDINGS = 25

/** What the rules say of one object: errors refuse it, warnings accompany it. */
export interface Findings {
  readonly errors: readonly FieldError[]
  readonly warnings: readonly FieldError[]
}

/** Hears the id of each rule before it runs, so that it can be said which one does not return. */
export type OnRule = (id: string) => void

/**
 * Runs every rule and collects everything at once. On UPDATE it is ratcheting: an error that the old object had already
 * (same rule, same path, same value) does not block, so that a rule added later can never lock an existing object.
 * It is still shown, as a warning.
 */
export function runRules(
  rules: readonly Rule[],
  workspace: Workspace,
  facts: Facts,
  onRule: OnRule = () => {},
): Findings {
  const evaluate = (about: Workspace, known: Facts, most?: number) =>
    evaluated(rules, onRule, (rule) => rule.check(about, known), most)
  if (facts.operation !== 'UPDATE' || facts.old === undefined) return evaluate(workspace, facts, MAX_FINDINGS)
  // Both to the end: what is told of the new object must not depend on how much else was wrong with the old one.
  const found = evaluate(workspace, facts)
  const { old, ...rest } = facts
  const before = new Set(evaluate(old, { ...rest, operation: 'CREATE' }).errors.map(identity))
  const tolerated = found.errors.filter((error) => before.has(identity(error)))
  return {
    errors: found.errors.filter((error) => !before.has(identity(error))).slice(0, MAX_FINDINGS),
    warnings: [...found.warnings, ...tolerated].slice(0, MAX_FINDINGS),
  }
}

function evaluated(
  rules: readonly Rule[],
  onRule: OnRule,
  check: (rule: Rule) => readonly Complaint[],
  most = Number.POSITIVE_INFINITY,
): Findings {
  const errors: FieldError[] = []
  const warnings: FieldError[] = []
  for (const rule of rules) {
    onRule(rule.id)
    const complaints = check(rule)
    // Nearly always; asking costs less than beginning a loop eighty times.
    if (complaints.length === 0) continue
    const target = rule.level === 'error' ? errors : warnings
    for (const complaint of complaints) target.push({ ...complaint, origin: rule.id })
    if (errors.length >= most) break
  }
  return { errors: errors.slice(0, most), warnings: warnings.slice(0, most) }
}

const identity = (error: FieldError) => `${error.origin}\n${error.path}\n${JSON.stringify(error.value)}`
