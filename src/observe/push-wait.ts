import { REASON, type Reason } from '#src/api/conditions.ts'
import { isJsonObject, parseJson } from '#src/lib/json.ts'

/** What the push step waits for, as its log says. */
export interface PushWait {
  readonly reason: Reason
  readonly message: string
  /** When it gives up, ISO 8601. */
  readonly until: string
}

/**
 * The push step's last word, if that is that it waits. It prints a line before each pause, and lines of progress while it
 * pushes; whatever else is in the log is skipped.
 */
export function pushWait(log: string): PushWait | undefined {
  const last = log
    .split('\n')
    .filter((line) => line.startsWith('{"kaito":') && line.length <= 4096)
    .at(-1)
  const said = last === undefined ? undefined : parseJson(last)
  if (!isJsonObject(said) || said['kaito'] !== 'waiting') return undefined
  const { reason, message, until } = said
  if (typeof reason !== 'string' || typeof message !== 'string' || typeof until !== 'string') return undefined
  if (!Object.hasOwn(REASON, reason) || Number.isNaN(Date.parse(until))) return undefined
  return { reason: reason as Reason, message, until }
}
