import { ANNOTATION } from './labels.ts'
import type { Settings } from './settings.ts'
import type { Workspace } from './workspace.ts'

/** The longest that may be asked for, seconds: 30 days. */
export const LONGEST_DEADLINE = 2_592_000
/** The shortest: loading a model takes longer. */
const SHORTEST = 60

/**
 * How long a run may take, seconds: the setting, or what its Workspace says, as far as an administrator allows it now (an
 * object may be older than the limit).
 */
export function runDeadline(
  workspace: Workspace,
  { tuningDeadlineSeconds, tuningDeadlineMaxSeconds }: Pick<Settings, `tuningDeadline${'' | 'Max'}Seconds`>,
): number {
  const own = ownDeadline(workspace)
  return own === undefined ? tuningDeadlineSeconds : Math.min(own, tuningDeadlineMaxSeconds)
}

/** How long the Workspace's run may take by its own word, seconds; undefined where it says nothing that can be read. */
export function ownDeadline({ metadata }: Workspace): number | undefined {
  const [, amount, unit] = /^(\d{1,8})(s|m|h|d)$/.exec(metadata?.annotations?.[ANNOTATION.tuningDeadline] ?? '') ?? []
  const seconds = Number(amount) * (unit === 'd' ? 86_400 : unit === 'h' ? 3600 : unit === 'm' ? 60 : 1)
  return seconds >= SHORTEST && seconds <= LONGEST_DEADLINE ? seconds : undefined
}
