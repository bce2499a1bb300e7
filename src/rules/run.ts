import type { Workspace } from '#src/api/workspace.ts'
import type { FieldError } from '#src/lib/field-error.ts'
import type { Facts, Rule } from './rule.ts'

/** What the rules say of one object: errors refuse it, warnings accompany it. */
export interface Findings {
  readonly errors: readonly FieldError[]
  readonly warnings: readonly FieldError[]
}

/**
 * Runs every rule and collects everything at once. On UPDATE it is ratcheting: an error that the old object had already
 * (same rule, same path, same value) does not block, so that a rule added later can never lock an existing object.
 * It is still shown, as a warning.
 */
export function runRules(rules: readonly Rule[], workspace: Workspace, facts: Facts): Findings {
  const found = evaluate(rules, workspace, facts)
  if (facts.operation !== 'UPDATE' || facts.old === undefined) return found
  const { old, ...rest } = facts
  const before = new Set(evaluate(rules, old, { ...rest, operation: 'CREATE' }).errors.map(identity))
  const tolerated = found.errors.filter((error) => before.has(identity(error)))
  return {
    errors: found.errors.filter((error) => !before.has(identity(error))),
    warnings: [...found.warnings, ...tolerated],
  }
}

function evaluate(rules: readonly Rule[], workspace: Workspace, facts: Facts): Findings {
  const errors: FieldError[] = []
  const warnings: FieldError[] = []
  for (const rule of rules) {
    const complaints = rule.check(workspace, facts)
    // Nearly always; asking costs less than beginning a loop eighty times.
    if (complaints.length === 0) continue
    const target = rule.level === 'error' ? errors : warnings
    for (const complaint of complaints) target.push({ ...complaint, origin: rule.id })
  }
  return { errors, warnings }
}

const identity = (error: FieldError) => `${error.origin}\n${error.path}\n${JSON.stringify(error.value)}`
