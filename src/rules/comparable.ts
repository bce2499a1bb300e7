import { faultForRules } from '#src/api/validate.ts'
import type { Facts } from '#src/reading/facts.ts'

/**
 * The facts without an old object that is larger, or of another shape, than rules may read: there is nothing to compare with
 * then. Whoever asks without an API server could hand in any.
 */
export function comparable(facts: Facts): Facts {
  const { old, ...rest } = facts
  return old === undefined || faultForRules(old) === undefined ? facts : rest
}
