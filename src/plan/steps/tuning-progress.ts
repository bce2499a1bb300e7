import type { PodView } from '#src/api/objects.ts'
import type { TuningStatus } from '#src/api/status.ts'
import type { HalvedLine, ProgressPoint } from '#src/contract/lines.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { beginningOfTry, recordOfRun, retryAsked, tuningInputsHash, tuningRevision } from '#src/desired/run.ts'
import { defined } from '#src/lib/defined.ts'
import { evaluationInResult, evaluationStatus } from '#src/observe/evaluation.ts'
import { podsOf } from '#src/observe/ownership.ts'
import { lossHistory } from '#src/observe/progress.ts'
import { rowsInResult, tuningData } from '#src/observe/training-data.ts'
import { created, isOver, type TuningRun } from '#src/observe/tuning-run.ts'
import { isSafe, isSafeRun, isTrained, pushingJob, trainingJob } from '../run-jobs.ts'
import { tuningGpus } from '../tuning-needs.ts'
import { timeOf, type World } from '../world.ts'

/**
 * status.tuning: what the last reconcile knew of this try, with what the log says now on top. Logs go with their pod,
 * so what was once known is kept.
 */
export function tuningProgress(world: World, run: TuningRun): TuningStatus {
  const { workspace } = world
  const now = timeOf(world)
  const pods = podsOf(trainingJob(world), world.pods)
  const pod = pods.toSorted((a, b) => created(b) - created(a))[0]?.metadata.name
  const before = beforeThisPod(beginningOfTry(workspace, isSafe(world)), pod)
  const rows = rowsInResult(pods) ?? world.rows
  // The log has the answers as well.
  const evaluation = world.evaluation ?? (before.evaluation === undefined ? evaluationInResult(pods) : undefined)
  const ended = isOver(run)
  // A value that is there while nothing has failed asks for nothing, also later.
  const retry = run.phase === 'failed' ? before.retry : retryAsked(workspace)
  return {
    ...before,
    jobName: before.jobName ?? tuningJobName(workspace),
    revision: tuningRevision(workspace),
    inputs: tuningInputsHash(workspace),
    ...defined({ retry }),
    ...fromLog(world.progress, before, now),
    ...(rows === undefined ? {} : { data: tuningData(rows) }),
    ...(evaluation === undefined ? {} : { evaluation: evaluationStatus(evaluation) }),
    ...(world.halved === undefined ? {} : { note: noteOf(world.halved) }),
    ...(before.startedAt === undefined && hasBegun(run, pods)
      ? { startedAt: startTime(world, pods) ?? now, gpus: tuningGpus(world) }
      : {}),
    ...(before.trainedAt === undefined && isTrained(world) ? { trainedAt: now } : {}),
    ...defined({ pod: pod ?? before.pod }),
    ...(ended && before.finishedAt === undefined ? { finishedAt: now } : {}),
    ...(run.phase === 'succeeded' && run.image !== undefined ? { image: run.image } : {}),
    ...(ended || isSafeRun(run) ? { etaSeconds: 0 } : {}),
  }
}

/** The same before there is a Job: nothing of another try is left in it. Undefined where nothing of this run is known. */
export function tuningBefore(world: World): TuningStatus | undefined {
  const { workspace } = world
  if (recordOfRun(workspace) === undefined) return undefined
  const begun = beginningOfTry(workspace, isSafe(world))
  return { ...begun, jobName: begun.jobName ?? tuningJobName(workspace) }
}

const noteOf = ({ from, to }: HalvedLine) =>
  `the GPU ran out of memory with ${from} rows at a time and goes on with ${to}, as many for each step as before`

/** What another pod of the run has reached is not what this one has; losses that it goes on from are put together later. */
function beforeThisPod(before: TuningStatus, pod: string | undefined): TuningStatus {
  if (pod === undefined || before.pod === undefined || before.pod === pod) return before
  const { progress: _, step: __, maxSteps: ___, epoch: ____, etaSeconds: _____, ...kept } = before
  return kept
}

/** A run that ended while it waited for a node has cost none. */
const hasBegun = ({ phase }: TuningRun, pods: readonly PodView[]) =>
  phase === 'running' ||
  (phase !== 'pending' &&
    pods
      .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
      .some(({ state }) => (state?.running ?? state?.terminated) !== undefined))

/** When its first pod had a node; where that is not known, when its Job was made. */
const startTime = (world: World, pods: readonly PodView[]) =>
  pods.flatMap(({ status }) => status?.startTime ?? []).toSorted()[0] ??
  (trainingJob(world) ?? pushingJob(world))?.status?.startTime

function fromLog(points: readonly ProgressPoint[], before: TuningStatus, now: string): TuningStatus {
  const last = points.at(-1)
  if (last === undefined) return {}
  const lastWithLoss = points.findLast((point) => point.loss !== undefined)
  const history = lossHistory(points, before.lossHistory)
  const moved = last.step !== before.step
  return {
    step: last.step,
    maxSteps: last.maxSteps,
    progress: `${Math.floor((100 * last.step) / Math.max(1, last.maxSteps))}% (${last.step}/${last.maxSteps})`,
    ...(last.epoch === undefined ? {} : { epoch: last.epoch }),
    ...(lastWithLoss?.loss === undefined ? {} : { loss: lastWithLoss.loss }),
    ...(lastWithLoss?.learningRate === undefined ? {} : { learningRate: lastWithLoss.learningRate }),
    ...(last.etaSeconds === undefined ? {} : { etaSeconds: wholeSeconds(last.etaSeconds) }),
    // Moves with the step only, so that an idle look writes nothing.
    ...(moved ? { lastUpdate: now } : {}),
    ...(history.length === 0 ? {} : { lossHistory: history }),
  }
}

/** Within what the API takes as an integer; a century is long enough. */
const wholeSeconds = (seconds: number) => Math.round(Math.min(Math.max(seconds, 0), 3_155_760_000))
