import { isReason } from '#src/api/conditions.ts'
import type { ContainerStatusView, JobView, PodView } from '#src/api/objects.ts'
import { type Fault, toCheckResult } from '#src/contract/check.ts'
import { parseOutcome } from '#src/contract/outcome.ts'
import type { RowCounts } from '#src/contract/rows.ts'
import { defined } from '#src/lib/defined.ts'
import { podTrouble, type Trouble } from './pod-trouble.ts'
import { created } from './tuning-run.ts'

/** Where the check before a run stands. */
export type Precheck =
  | { readonly phase: 'pending'; readonly trouble?: Trouble }
  | { readonly phase: 'running'; readonly at: readonly string[] }
  /** `present` is the digest that the tag means which is to be pushed. */
  | { readonly phase: 'passed'; readonly data?: RowCounts; readonly present?: string }
  | { readonly phase: 'failed'; readonly faults: readonly [Fault, ...Fault[]] }
  /** It has ended, and with its pods went what they had found. */
  | { readonly phase: 'lost'; readonly since: number }

/** Reads the check from its Job's conditions and from what its pod's containers have left. `pods` are those of this Job. */
export function precheck(job: JobView, pods: readonly PodView[]): Precheck {
  const newest = pods.toSorted((a, b) => created(b) - created(a))[0]
  const statuses = newest === undefined ? [] : containersOf(newest)
  const end = job.status?.conditions?.find(({ type, status }) => /^(Complete|Failed)$/.test(type) && status === 'True')
  if (end?.type === 'Failed') return { phase: 'failed', faults: [failureOf(end.reason, end.message, newest)] }
  if (end === undefined) return underWay(newest, statuses)
  if (newest === undefined) return { phase: 'lost', since: Date.parse(job.status?.completionTime ?? '') || 0 }
  // Job and pods are watched apart: the end of the one may be seen before that of the other.
  const ended = statuses.filter(({ state }) => state?.terminated !== undefined)
  if (statuses.length === 0 || ended.length < statuses.length) return { phase: 'running', at: [] }
  const [first, ...others] = faultsOf(statuses)
  if (first !== undefined) return { phase: 'failed', faults: [first, ...others] }
  const data = statuses.map(checked).find((result) => result?.data !== undefined)?.data
  const present = statuses.map(probed).find((digest) => digest !== undefined)
  return { phase: 'passed', ...defined({ data, present }) }
}

function underWay(pod: PodView | undefined, statuses: readonly ContainerStatusView[]): Precheck {
  const trouble = pod === undefined ? undefined : podTrouble(pod)
  if (trouble !== undefined) return { phase: 'pending', trouble }
  const at = statuses.filter(({ state }) => state?.running !== undefined).map(({ name }) => name)
  return at.length === 0 ? { phase: 'pending' } : { phase: 'running', at }
}

/** All that any container has found, in the order of the pod; not what follows from another's fault. */
function faultsOf(statuses: readonly ContainerStatusView[]): Fault[] {
  const own = statuses.flatMap(({ name, state }): { readonly by: string; readonly fault: Fault }[] => {
    const said = parseOutcome(state?.terminated?.message)
    if (!isReason(said?.reason)) return []
    return [{ by: name, fault: { reason: said.reason, message: said.message ?? 'no details' } }]
  })
  const without = (by: RegExp) => own.some((each) => by.test(each.by))
  const followsFrom = new Set([
    ...(without(/^(fetch|pull-data)$/) ? ['DatasetInvalid'] : []),
    ...(without(/^pull-weights$/) ? ['BaseModelUnavailable'] : []),
  ])
  const checks = statuses.flatMap((status) => checked(status)?.faults ?? [])
  return [...own.map(({ fault }) => fault), ...checks.filter(({ reason }) => !followsFrom.has(reason))]
}

const checked = ({ name, state }: ContainerStatusView) =>
  name === 'check' ? toCheckResult(parseOutcome(state?.terminated?.message)?.result) : undefined

function probed({ name, state }: ContainerStatusView): string | undefined {
  const { present } = (name === 'probe' ? parseOutcome(state?.terminated?.message)?.result : undefined) ?? {}
  return typeof present === 'string' && /^sha256:[0-9a-f]{64}$/.test(present) ? present : undefined
}

function failureOf(reason: string | undefined, message: string | undefined, pod: PodView | undefined): Fault {
  if (reason === 'DeadlineExceeded')
    return { reason: 'DeadlineExceeded', message: message ?? 'the check took too long' }
  const trouble = pod === undefined ? undefined : podTrouble(pod)
  if (trouble === undefined) return { reason: 'PrecheckFailed', message: message ?? 'the Job failed' }
  return trouble.reason === 'CrashLoop' ? { ...trouble, reason: 'PrecheckFailed' } : trouble
}

const containersOf = ({ status }: PodView): readonly ContainerStatusView[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
]
