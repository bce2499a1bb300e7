import type { ContainerStatusView, JobView, PodView } from '#src/api/objects.ts'
import { parseOutcome, podTrouble, type Trouble } from './pod-trouble.ts'

/** Where a tuning run stands. */
export type TuningRun =
  | { readonly phase: 'pending'; readonly trouble?: Trouble }
  | { readonly phase: 'running'; readonly step: 'Fetching' | 'Training' | 'Pushing' }
  | { readonly phase: 'succeeded'; readonly image?: string }
  | { readonly phase: 'failed'; readonly trouble: Trouble }

/**
 * Reads a run from its Job's conditions (never from the count of failed pods: a retry may still succeed) and from the
 * newest pod's containers. `pods` are those of this Job.
 */
export function tuningRun(job: JobView, pods: readonly PodView[]): TuningRun {
  const newest = pods.toSorted((a, b) => created(b) - created(a))[0]
  if (isTrue(job, 'Complete') || isTrue(job, 'SuccessCriteriaMet')) return succeeded(pods)
  const failure = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Failed' || type === 'FailureTarget') && status === 'True',
  )
  if (failure) return { phase: 'failed', trouble: failureOf(failure.reason, failure.message, newest) }
  if (newest === undefined) return { phase: 'pending' }
  const step = runningStep(newest)
  if (step !== undefined) return { phase: 'running', step }
  const trouble = podTrouble(newest)
  return trouble === undefined ? { phase: 'pending' } : { phase: 'pending', trouble }
}

function succeeded(pods: readonly PodView[]): TuningRun {
  for (const pod of pods) {
    const push = pod.status?.containerStatuses?.find(({ name }) => name === 'push')?.state?.terminated
    const result = push?.exitCode === 0 ? parseOutcome(push.message)?.result : undefined
    const image = result?.['image']
    const digest = result?.['digest']
    if (typeof image === 'string' && typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest)) {
      return { phase: 'succeeded', image: `${withoutTag(image)}@${digest}` }
    }
  }
  return { phase: 'succeeded' }
}

function failureOf(reason: string | undefined, message: string | undefined, pod: PodView | undefined): Trouble {
  if (reason === 'DeadlineExceeded') return { reason: 'DeadlineExceeded', message: message ?? 'the run took too long' }
  const trouble = pod === undefined ? undefined : podTrouble(pod)
  return trouble ?? { reason: 'TrainingFailed', message: message ?? 'the Job failed' }
}

const STEPS = [
  ['train', 'Training'],
  ['push', 'Pushing'],
] as const

/** The step that runs now; every init container before `train` counts as fetching. */
function runningStep(pod: PodView): 'Fetching' | 'Training' | 'Pushing' | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const running = statuses.find((status: ContainerStatusView) => status.state?.running !== undefined)
  if (running === undefined) return undefined
  return STEPS.find(([name]) => name === running.name)?.[1] ?? 'Fetching'
}

const isTrue = (job: JobView, wanted: string) =>
  job.status?.conditions?.some(({ type, status }) => type === wanted && status === 'True') === true

const created = (pod: PodView) => Date.parse(pod.metadata.creationTimestamp ?? '') || 0

const withoutTag = (image: string) => image.replace(/(:[^/:]+)?(@[^@]+)?$/, '')
