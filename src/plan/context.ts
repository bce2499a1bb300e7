import type { AdapterStatus, PrecheckStatus, ServingStatus, TuningStatus } from '#src/api/status.ts'
import type { Finding } from '#src/observe/conditions.ts'
import type { Plan } from './plan.ts'

/** What one step of the reconciler decides: effects, the conditions it owns, and its part of the status. */
export interface StepResult {
  readonly plan: Plan
  readonly verdicts: readonly Finding[]
  /** True when the next step may go on; false when it has to wait for this one. */
  readonly go: boolean
  readonly workerNodes?: readonly string[]
  readonly precheck?: PrecheckStatus
  readonly tuning?: TuningStatus
  readonly serving?: ServingStatus
  readonly adapters?: readonly AdapterStatus[]
}
