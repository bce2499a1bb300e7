import type { ConditionType, Reason } from '#src/api/conditions.ts'
import type { Condition } from '#src/api/status.ts'
import { trimEnd } from '#src/lib/trim.ts'

/** What one step of the plan says of one condition. */
export interface Finding {
  readonly type: ConditionType
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: Reason
  readonly message: string
}

/** The API's limit is 32 KiB; nobody reads more than this. */
const MAX_MESSAGE = 1024

/**
 * The conditions to write: one for each verdict, in order. `lastTransitionTime` moves only when the status does, so that
 * writing the same verdict again changes nothing.
 */
export function toConditions(
  verdicts: readonly Finding[],
  previous: readonly Condition[],
  generation: number,
  now: number,
): Condition[] {
  return verdicts.map(({ type, status, reason, message }) => {
    const before = previous.find((condition) => condition.type === type)
    const lastTransitionTime =
      before?.status === status ? before.lastTransitionTime : new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
    return { type, status, reason, message: cut(message), observedGeneration: generation, lastTransitionTime }
  })
}

/** A message with what to do about it: of the two, the message is cut. */
export function advised(message: string, advice: string): string {
  const room = MAX_MESSAGE - advice.length - 2
  const said = trimEnd(message, '. ')
  return `${said.length <= room ? said : `${said.slice(0, room - 1)}…`}. ${advice}`
}

const cut = (message: string) => (message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 1)}…`)
