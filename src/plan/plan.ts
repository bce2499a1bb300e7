import type { JobView, K8sObject } from '#src/api/objects.ts'
import type { WorkspaceStatus } from '#src/api/status.ts'
import type { TuningTask } from '#src/contract/task.ts'
import { defined } from '#src/lib/defined.ts'

/** Something that a person may want to know happened. Shown by `kubectl describe`. */
export interface PlannedEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** An object to delete, and the one it must still be: another object of the same name is not touched. */
export interface Removal {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly uid: string
}

/** An object whose change would change what is planned, and its version; none where it is missing. */
export interface AwaitedObject {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly name: string
  readonly version?: string
}

/** Everything one reconcile is about to do, as one value that can be printed, compared and tested. */
export interface Plan {
  readonly finalizer?: 'add' | 'remove'
  /** Applied (server-side) in this order. */
  readonly apply: readonly K8sObject[]
  readonly remove: readonly Removal[]
  readonly enqueue?: TuningTask
  readonly status?: WorkspaceStatus
  /** Emitted only after the status was written. */
  readonly events: readonly PlannedEvent[]
  /** Look again after this many milliseconds, even if nothing changes. */
  readonly again?: number
  /** Look again when one of these, of the Workspace's namespace, changes: nobody watches them. */
  readonly awaits?: readonly AwaitedObject[]
}

/**
 * When to look again, in ms, at what waits for something that is watched: its change brings it back, and thousands may wait. This
 * is only for what nobody has thought of.
 */
export const SELDOM = 3_600_000

export const isFinished = ({ status }: JobView): boolean =>
  status?.conditions?.some(({ type, status: value }) => /^(Complete|Failed)$/.test(type) && value === 'True') === true

export const jobRemoval = ({ metadata }: JobView): Removal => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  name: metadata.name,
  uid: metadata.uid ?? '',
  ...defined({ namespace: metadata.namespace }),
})

export const NOTHING: Plan = { apply: [], remove: [], events: [] }

/** Both plans as one: lists in order, the sooner `again`, the later status. */
export function join(a: Plan, b: Plan): Plan {
  const again = a.again === undefined ? b.again : b.again === undefined ? a.again : Math.min(a.again, b.again)
  const awaits = [...(a.awaits ?? []), ...(b.awaits ?? [])]
  return {
    ...a,
    ...b,
    apply: [...a.apply, ...b.apply],
    remove: [...a.remove, ...b.remove],
    events: [...a.events, ...b.events],
    ...defined({ again, awaits: awaits.length === 0 ? undefined : awaits }),
  }
}
