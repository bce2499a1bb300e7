import type { PodView } from '#src/api/objects.ts'
import type { TuningStatus } from '#src/api/status.ts'
import type { HalvedLine, ProgressPoint } from '#src/contract/lines.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { defined } from '#src/lib/defined.ts'
import { evaluationInResult, evaluationStatus } from '#src/observe/evaluation.ts'
import { podsOf } from '#src/observe/ownership.ts'
import { lossHistory } from '#src/observe/progress.ts'
import { rowsInResult, tuningData } from '#src/observe/training-data.ts'
import { created, type TuningRun } from '#src/observe/tuning-run.ts'
import { tuningGpus } from '../tuning-needs.ts'
import { timeOf, type World } from '../world.ts'

/**
 * status.tuning: what the last reconcile knew of this run, with what the log says now on top. Logs go with their pod,
 * so what was once known is kept.
 */
export function tuningProgress(world: World, run: TuningRun): TuningStatus {
  const jobName = tuningJobName(world.workspace)
  const recorded = world.workspace.status?.tuning
  const now = timeOf(world)
  const pods = podsOf(
    world.jobs.find(({ metadata }) => metadata.name === jobName),
    world.pods,
  )
  const pod = pods.toSorted((a, b) => created(b) - created(a))[0]?.metadata.name
  const before = beforeThisPod(recorded?.jobName === jobName ? recorded : { jobName, ...checked(world, jobName) }, pod)
  const rows = rowsInResult(pods) ?? world.rows
  // The log has the answers as well.
  const evaluation = world.evaluation ?? (before.evaluation === undefined ? evaluationInResult(pods) : undefined)
  const ended = run.phase === 'succeeded' || run.phase === 'failed'
  return {
    ...before,
    ...fromLog(world.progress, before, now),
    ...(rows === undefined ? {} : { data: { ...foreseen(before), ...tuningData(rows) } }),
    ...(evaluation === undefined ? {} : { evaluation: evaluationStatus(evaluation) }),
    ...(world.halved === undefined ? {} : { note: noteOf(world.halved) }),
    ...(before.startedAt === undefined && hasBegun(run, pods)
      ? { startedAt: startTime(world, pods, jobName) ?? now, gpus: tuningGpus(world) }
      : {}),
    ...defined({ pod: pod ?? before.pod }),
    ...(ended && before.finishedAt === undefined ? { finishedAt: now } : {}),
    ...(run.phase === 'succeeded' && run.image !== undefined ? { image: run.image } : {}),
    ...(ended ? { etaSeconds: 0 } : {}),
  }
}

/** What the check before the run has found of its rows. */
function checked({ workspace }: World, run: string): Pick<TuningStatus, 'data'> {
  const precheck = workspace.status?.precheck
  return precheck?.run === run ? defined({ data: precheck.data }) : {}
}

/** What the run itself does not say again. */
const foreseen = ({ data }: TuningStatus) =>
  defined({ tokens: data?.tokens, steps: data?.steps, weights: data?.weights })

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
const startTime = (world: World, pods: readonly PodView[], jobName: string) =>
  pods.flatMap(({ status }) => status?.startTime ?? []).toSorted()[0] ??
  world.jobs.find((job) => job.metadata.name === jobName)?.status?.startTime

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
