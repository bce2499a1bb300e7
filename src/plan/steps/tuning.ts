import type { Reason } from '#src/api/conditions.ts'
import type { JobView, K8sObject } from '#src/api/objects.ts'
import type { TuningStatus } from '#src/api/status.ts'
import { pushJobName, tuningJobName } from '#src/desired/names.ts'
import { recordOfRun, tuningRunId, tuningTry } from '#src/desired/run.ts'
import { defined } from '#src/lib/defined.ts'
import { advised, type Finding } from '#src/observe/conditions.ts'
import { lossOfRows } from '#src/observe/training-data.ts'
import type { TuningRun } from '#src/observe/tuning-run.ts'
import type { StepResult } from '../context.ts'
import { currentRun } from '../current-run.ts'
import { jobRemoval, join, NOTHING, type Removal, SELDOM } from '../plan.ts'
import { plannedPush } from '../planned-push.ts'
import { isSafeRun, pushingJob } from '../run-jobs.ts'
import type { World } from '../world.ts'
import { tuningBefore, tuningProgress } from './tuning-progress.ts'
import { volumeStep } from './work-volume.ts'

/** Owns JobStarted: hands the run to a worker until its Job exists, then follows the Job; and pushes where that is left to do. */
export function tuningStep(world: World): StepResult {
  const run = currentRun(world)
  const done = [...supersededJobs(world), ...endedJobs(world, run)]
  const effects = join({ ...NOTHING, remove: done }, volumeStep(world, run))
  if (run === undefined) {
    const tuning = tuningBefore(world)
    // Of a Job: found where the task would be handed over, which is not done then.
    if (world.obstacle !== undefined) {
      const taken = jobStarted('False', world.obstacle.reason, world.obstacle.message)
      return { plan: { ...effects, again: 10_000 }, verdicts: [taken], go: false, ...defined({ tuning }) }
    }
    const nth = tuningTry(world.workspace)
    const which = nth === 1 ? 'the run' : `try ${nth} of the run`
    const verdict = jobStarted('False', 'Queued', `${which} is queued; a worker creates its Job`)
    const plan = { ...effects, enqueue: taskOf(world), again: 10_000 }
    return { plan, verdicts: [verdict], go: false, ...defined({ tuning }) }
  }
  const tuning = tuningProgress(world, run)
  const again = lookAgain(run, world)
  const push = isSafeRun(run) ? missingPush(world) : undefined
  const apply = push === undefined || world.obstacle !== undefined ? [] : [push]
  return {
    plan: join(effects, { ...NOTHING, apply, ...defined({ again }) }),
    verdicts: [run.phase === 'running' && run.step === 'Pushing' ? pushing(world, run, tuning) : describe(run, tuning)],
    go: run.phase === 'succeeded',
    tuning,
  }
}

/** The Job that pushes what is safe, if there is none yet. */
function missingPush(world: World): K8sObject | undefined {
  return pushingJob(world) === undefined ? plannedPush(world) : undefined
}

/**
 * Progress is only in the train step's log, so while it runs someone has to look. What waits is brought back by its Job's and
 * pods' events, for whatever it waits: a kubelet goes on by itself once a Secret is there.
 */
function lookAgain(run: TuningRun, { jobs, workspace }: World): number | undefined {
  const current = [tuningJobName(workspace), pushJobName(workspace)]
  const isToEnd = jobs.some((job) => current.includes(job.metadata.name) && !isFinished(job))
  if (run.phase === 'failed' && isToEnd) return 1_000
  if (run.phase === 'running') return 3_000
  return run.phase === 'pending' ? SELDOM : undefined
}

/** Jobs of earlier revisions and tries: the Workspace no longer asks for them, and they hold a GPU. */
function supersededJobs({ workspace, jobs }: World): Removal[] {
  const current = [tuningJobName(workspace), pushJobName(workspace)]
  return jobs.filter((job) => !current.includes(job.metadata.name) && !isFinished(job)).map(jobRemoval)
}

/**
 * The Jobs of a run that has failed, where they would try again all the same. Only once the status says that the run has ended:
 * a run whose Job is gone before that would start anew.
 */
function endedJobs({ workspace, jobs }: World, run: TuningRun | undefined): Removal[] {
  if (run?.phase !== 'failed' || recordOfRun(workspace)?.finishedAt === undefined) return []
  const current = [tuningJobName(workspace), pushJobName(workspace)]
  return jobs.filter((job) => current.includes(job.metadata.name) && !isFinished(job)).map(jobRemoval)
}

const isFinished = (job: JobView) =>
  job.status?.conditions?.some(({ type, status }) => /^(Complete|Failed)$/.test(type) && status === 'True') === true

const taskOf = ({ workspace }: World) => ({
  version: 1,
  namespace: workspace.metadata.namespace ?? 'default',
  name: workspace.metadata.name,
  uid: workspace.metadata.uid ?? '',
  revision: tuningRunId(workspace),
})

function describe(run: TuningRun, tuning: TuningStatus): Finding {
  switch (run.phase) {
    case 'pending':
      return run.trouble === undefined
        ? jobStarted('False', 'JobPending', 'the Job exists; its pod is not running yet')
        : jobStarted('False', run.trouble.reason, run.trouble.message)
    case 'running':
      return jobStarted('True', run.step, WORDS[run.step](tuning) + ofData(tuning))
    case 'succeeded': {
      const done = tuning.image === undefined ? 'tuned' : `pushed ${tuning.image}`
      return jobStarted('True', 'Succeeded', done + ofData(tuning))
    }
    case 'failed':
      return jobStarted('False', run.trouble.reason, run.trouble.message)
  }
}

/** What a push waits for, and what to do about it: the adapter is there, and nothing is trained again meanwhile. */
function pushing(world: World, run: TuningRun & { readonly phase: 'running' }, tuning: TuningStatus): Finding {
  const { workspace, pushWait, obstacle } = world
  if (isSafeRun(run) && obstacle !== undefined) return jobStarted('False', obstacle.reason, obstacle.message)
  if (run.trouble !== undefined && pushWait === undefined) {
    const advice = 'The adapter is safe on its volume, no GPU is held, and the push is tried again by itself'
    return jobStarted('True', run.trouble.reason, advised(run.trouble.message, advice))
  }
  if (pushWait === undefined) return jobStarted('True', 'Pushing', WORDS.Pushing() + ofData(tuning))
  const { reason, message, until } = pushWait
  const secret = workspace.tuning?.output.imagePushSecret
  const remedy =
    reason === 'PushDenied' && secret !== undefined ? `Correct Secret ${secret} or what it says; the` : 'The'
  const end = until.replace(/\.\d+Z$/, 'Z')
  const advice = `${remedy} push is tried again by itself about every minute, until ${end}`
  return jobStarted('True', reason, advised(message, advice))
}

const WORDS = {
  Fetching: () => 'downloading the dataset',
  Training: (tuning: TuningStatus) =>
    tuning.progress === undefined ? 'loading the model' : `${tuning.progress}, loss ${tuning.loss ?? 'not known yet'}`,
  Pushing: () => 'pushing the adapter',
}

/** What is left out of the dataset or cut, and what else there is to note, stays in the message, through all steps and at the end. */
function ofData({ data, note }: TuningStatus): string {
  const said = [data && lossOfRows(data), note].filter((part) => part !== undefined)
  return said.map((part) => `; ${part}`).join('')
}

const jobStarted = (status: 'True' | 'False', reason: Reason, message: string): Finding => ({
  type: 'JobStarted',
  status,
  reason,
  message,
})
