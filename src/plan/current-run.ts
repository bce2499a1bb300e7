import type { Reason } from '#src/api/conditions.ts'
import { ANNOTATION } from '#src/api/labels.ts'
import type { PodView } from '#src/api/objects.ts'
import { hasSucceeded, isToRetry, recordOfRun, tuningTry } from '#src/desired/run.ts'
import { defined } from '#src/lib/defined.ts'
import { advised } from '#src/observe/conditions.ts'
import { podsOf } from '#src/observe/ownership.ts'
import { pushRun, type TuningRun, tuningRun } from '#src/observe/tuning-run.ts'
import { isSafe, isTrained, pushingJob, trainingJob } from './run-jobs.ts'
import type { World } from './world.ts'

/** The run that the Workspace asks for now, if it was started: read from its Jobs, or from the status once they are gone. */
export function currentRun(world: World): TuningRun | undefined {
  const recorded = recordedRun(world)
  const observed = observedRun(world)
  if (observed === undefined || observed.pods.length === 0) {
    // Without its pods a failed Job no longer tells why; what was read from them stands.
    if (recorded !== undefined && (observed === undefined || observed.run.phase === 'failed')) return recorded
  }
  if (observed?.run.phase !== 'failed') return observed?.run
  const { reason, message } = observed.run.trouble
  return { phase: 'failed', trouble: { reason, message: advised(message, retryAdvice(world)) } }
}

interface Observed {
  readonly run: TuningRun
  /** Of the Job that it was read from. */
  readonly pods: readonly PodView[]
}

function observedRun(world: World): Observed | undefined {
  const { pods } = world
  const job = trainingJob(world)
  const own = podsOf(job, pods)
  const run = job === undefined ? undefined : tuningRun(job, own)
  if (isSafe(world) || isTrained(world)) {
    const push = pushingJob(world)
    // A Job that is gone after the end says nothing; one that is still to come does.
    if (push === undefined && recordedRun(world) !== undefined) return undefined
    const pushPods = podsOf(push, pods)
    return { run: pushRun(push, pushPods), pods: pushPods }
  }
  return run && { run, pods: own }
}

const SAFE = 'The adapter is safe on its volume. To push it once more'
const GONE = 'Its volume was given back since, and the adapter with it. To train once more'

/** A run that failed is not started again by itself: it may cost a GPU. A fitting value is named, to be copied. */
function retryAdvice(world: World): string {
  const { workspace } = world
  const next = tuningTry(workspace) + 1
  const { name, namespace = 'default' } = workspace.metadata
  const what = isSafe(world) || isTrained(world) ? SAFE : 'To try once more'
  return `${what}: kubectl annotate workspace ${name} -n ${namespace} ${ANNOTATION.retry}=${next} --overwrite (any new value will do)`
}

/** A finished Job may have been cleaned away: its result is in the status, and the run must not start again. */
function recordedRun(world: World): TuningRun | undefined {
  const { workspace } = world
  const recorded = recordOfRun(workspace)
  if (recorded?.finishedAt === undefined || isToRetry(workspace)) return undefined
  if (hasSucceeded(workspace)) return { phase: 'succeeded', ...defined({ image: recorded.image }) }
  const end = workspace.status?.conditions?.find(({ type }) => type === 'WorkspaceSucceeded')
  const reason = (end?.reason ?? 'TrainingFailed') as Reason
  const message = end?.message ?? 'the run failed'
  return { phase: 'failed', trouble: { reason, message: isSafe(world) ? message : message.replace(SAFE, GONE) } }
}
