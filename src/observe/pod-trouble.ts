import { isReason, type Reason } from '#src/api/conditions.ts'
import type { ContainerStatusView, PodView, TerminatedView } from '#src/api/objects.ts'
import { isReport } from '#src/contract/lines.ts'
import { parseOutcome } from '#src/contract/outcome.ts'

/** Why a pod does not do what it should, in the operator's own words for it. */
export interface Trouble {
  readonly reason: Reason
  readonly message: string
}

/** The first thing that is wrong with a pod, or undefined while all is well. Ends of containers come before waiting ones. */
export function podTrouble(pod: PodView): Trouble | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const ended = statuses.map(endedBadly).find((trouble) => trouble !== undefined)
  if (ended?.reason === 'Killed' && isDisrupted(pod)) {
    return { reason: 'Evicted', message: pod.status?.message ?? disruption(pod) ?? ended.message }
  }
  return (
    ended ?? evicted(pod) ?? statuses.map(cannotStart).find((trouble) => trouble !== undefined) ?? unschedulable(pod)
  )
}

function endedBadly(status: ContainerStatusView): Trouble | undefined {
  const end = status.state?.terminated
  if (end && end.exitCode !== 0) return fromEnd(status.name, end)
  const last = status.lastState?.terminated
  const crashing = status.state?.waiting?.reason === 'CrashLoopBackOff'
  if (!crashing || last === undefined) return undefined
  const trouble = fromEnd(status.name, last)
  return trouble.reason === 'TrainingFailed' ? { ...trouble, reason: 'CrashLoop' } : trouble
}

/** A step says why it ended in its termination message (JSON); other programs leave their last lines there. */
export function fromEnd(container: string, end: TerminatedView): Trouble {
  if (end.reason === 'OOMKilled') {
    const message = `container ${container} was killed: it used more of the node's memory (not the GPU's) than it may`
    return { reason: 'OOMKilled', message: `${message}. ${MORE_MEMORY[container] ?? MORE_MEMORY['server']}` }
  }
  const said = parseOutcome(end.message)
  const message = said?.message ?? lastWords(end.message)
  const detail = message === '' ? `exit code ${end.exitCode}` : message
  if (said && isReason(said.reason)) return { reason: said.reason, message: `${container}: ${detail}` }
  const signal = end.exitCode === 137 ? 'SIGKILL' : end.exitCode === 143 ? 'SIGTERM' : undefined
  if (signal !== undefined) {
    const words = message === '' ? '' : `; its last words: ${message}`
    return { reason: 'Killed', message: `${container}: it was ended from outside (${signal})${words}` }
  }
  return { reason: container === 'train' ? 'TrainingFailed' : 'CrashLoop', message: `${container}: ${detail}` }
}

/** Was the pod, and not one of its processes, what was to go? */
const isDisrupted = (pod: PodView) => pod.status?.reason === 'Evicted' || disruption(pod) !== undefined

const disruption = ({ status }: PodView) =>
  status?.conditions?.find((each) => each.type === 'DisruptionTarget' && each.status === 'True')?.message

/** What to do about it, by container. */
const MORE_MEMORY: Readonly<Record<string, string>> = {
  check: 'Write the rows as JSON lines or Parquet rather than as one JSON array, or in smaller files',
  train: 'Use an instance type with more memory, fewer dataloader_num_workers, or fewer rows',
  server: 'Use an instance type with more memory',
}

function cannotStart(status: ContainerStatusView): Trouble | undefined {
  const waiting = status.state?.waiting
  if (!waiting?.reason || waiting.reason === 'PodInitializing' || waiting.reason === 'ContainerCreating')
    return undefined
  const message = `${status.name}: ${waiting.message ?? waiting.reason}`
  if (
    /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageVolumeMountFailed)$/.test(waiting.reason)
  ) {
    return { reason: 'ImageUnavailable', message }
  }
  return { reason: 'ContainerCannotStart', message }
}

function evicted(pod: PodView): Trouble | undefined {
  if (pod.status?.phase !== 'Failed') return undefined
  const reason = pod.status.reason === 'DeadlineExceeded' ? 'DeadlineExceeded' : 'Evicted'
  return { reason, message: pod.status.message ?? pod.status.reason ?? 'the pod failed' }
}

function unschedulable(pod: PodView): Trouble | undefined {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  return condition?.status === 'False'
    ? { reason: 'Unschedulable', message: condition.message ?? 'no node fits' }
    : undefined
}

/** The last lines of a log, without reports of progress among them: nobody looks for the cause in those. */
const lastWords = (text: string | undefined) =>
  (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !isReport(line))
    .slice(-5)
    .join(' | ')
    .slice(-600)
