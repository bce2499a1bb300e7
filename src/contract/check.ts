import { isReason, type Reason } from '#src/api/conditions.ts'
import { int } from '#src/api/schema-kit.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { message } from './message.ts'
import { type RowCounts, toRowCounts } from './rows.ts'
import { trainFields } from './train.ts'

const toTrainer = {
  name: 'check',
  variable: 'KAITO_STEP',
  program: undefined,
  ends: ['ConfigInvalid', 'DatasetInvalid', 'BaseModelUnavailable'],
} as const

/**
 * Step `check`: the very message of the run that is to come, judged without a GPU. Read by jobs/trainer/check.py. What it
 * finds is its result, not how it ends: all faults are told at once.
 */
export const checkMessage = message(toTrainer, {
  ...trainFields,
  gpus: int({ minimum: 1, description: 'GPUs of the run, each with a process that trains.' }),
})

/** What would end the run, and what to do about it. */
export interface Fault {
  readonly reason: Reason
  readonly message: string
}

export interface CheckResult {
  readonly faults: readonly Fault[]
  /** What became of the rows; absent where they could not be read. */
  readonly data?: RowCounts
}

/** Faults that are told: nobody mends more at a time. */
export const FAULTS = 8

/** The result in a termination message, or undefined where it is none. Read field by field. */
export function toCheckResult(result: Readonly<Record<string, unknown>> | undefined): CheckResult | undefined {
  const listed = result?.['faults']
  if (!Array.isArray(listed)) return undefined
  const faults = listed.slice(0, FAULTS).map((each: unknown): Fault => {
    const { reason, message: words } = isJsonObject(each) ? each : {}
    return {
      reason: isReason(reason) ? reason : 'PrecheckFailed',
      message: typeof words === 'string' && words !== '' ? words : 'no details',
    }
  })
  const data = toRowCounts(result?.['data'])
  return { faults, ...(data === undefined ? {} : { data }) }
}
