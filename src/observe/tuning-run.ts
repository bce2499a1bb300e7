import type { JobView, PodView } from '#src/api/objects.ts'
import { parseOutcome, pushResult } from '#src/contract/outcome.ts'
import { podTrouble, type Trouble } from './pod-trouble.ts'

/** Where a tuning run stands. */
export type TuningRun =
  | { readonly phase: 'pending'; readonly trouble?: Trouble }
  | {
      readonly phase: 'running'
      readonly step: 'Fetching' | 'Training' | 'Pushing'
      /** The adapter is on a volume that outlives the run: no GPU is needed any more. */
      readonly isSafe?: boolean
      /** Why it does not get on. */
      readonly trouble?: Trouble
    }
  | { readonly phase: 'succeeded'; readonly image?: string }
  | { readonly phase: 'failed'; readonly trouble: Trouble }

/** Has this run ended, well or badly? */
export const isOver = (run: TuningRun | undefined): boolean => run?.phase === 'succeeded' || run?.phase === 'failed'

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
  const outOfMemory = pods.map(podTrouble).find((trouble) => trouble?.reason === 'OOMKilled')
  // Its Job would try again, on a node that is no larger.
  if (outOfMemory !== undefined) return { phase: 'failed', trouble: outOfMemory }
  if (newest === undefined) return { phase: 'pending' }
  const trouble = podTrouble(newest)
  if (trouble !== undefined) return { phase: 'pending', trouble }
  const step = currentStep(newest)
  return step === undefined ? { phase: 'pending' } : { phase: 'running', step }
}

/** Where the push of an adapter stands that is on a volume; its Job may still have to be made. */
export function pushRun(job: JobView | undefined, pods: readonly PodView[]): TuningRun {
  const run = job === undefined ? undefined : tuningRun(job, pods)
  if (run?.phase === 'succeeded' || run?.phase === 'failed') return run
  const pushing = { phase: 'running', step: 'Pushing', isSafe: true } as const
  return run?.phase === 'pending' && run.trouble !== undefined ? { ...pushing, trouble: run.trouble } : pushing
}

function succeeded(pods: readonly PodView[]): TuningRun {
  for (const pod of pods) {
    const push = pod.status?.containerStatuses?.find(({ name }) => name === 'push')?.state?.terminated
    const result = push?.exitCode === 0 ? pushResult(parseOutcome(push.message)) : undefined
    if (result !== undefined) return { phase: 'succeeded', image: `${withoutTag(result.image)}@${result.digest}` }
  }
  return { phase: 'succeeded' }
}

function failureOf(reason: string | undefined, message: string | undefined, pod: PodView | undefined): Trouble {
  if (reason === 'DeadlineExceeded') return { reason: 'DeadlineExceeded', message: message ?? 'the run took too long' }
  const trouble = pod === undefined ? undefined : podTrouble(pod)
  return trouble ?? { reason: 'TrainingFailed', message: message ?? 'the Job failed' }
}

/**
 * The step that the pod is at: the first whose container has not ended well. Between two steps nothing runs for a moment;
 * that is still the run going on. Every container before `train` counts as fetching. Undefined before the first one started.
 */
function currentStep(pod: PodView): 'Fetching' | 'Training' | 'Pushing' | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const hasStarted = statuses.some(({ state }) => state?.running !== undefined || state?.terminated !== undefined)
  if (!hasStarted) return undefined
  const current = statuses.find(({ state }) => state?.terminated?.exitCode !== 0) ?? statuses.at(-1)
  return current?.name === 'push' ? 'Pushing' : current?.name === 'train' ? 'Training' : 'Fetching'
}

const isTrue = (job: JobView, wanted: string) =>
  job.status?.conditions?.some(({ type, status }) => type === wanted && status === 'True') === true

/** When a pod was created, milliseconds; 0 where that is not known. */
export const created = (pod: PodView): number => Date.parse(pod.metadata.creationTimestamp ?? '') || 0

const withoutTag = (image: string) => image.replace(/(:[^/:]+)?(@[^@]+)?$/, '')
