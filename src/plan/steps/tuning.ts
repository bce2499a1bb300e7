import type { Reason } from '#src/api/conditions.ts'
import type { TuningStatus } from '#src/api/status.ts'
import { tuningJobName, tuningRevision } from '#src/desired/names.ts'
import { defined } from '#src/lib/defined.ts'
import { advised, type Finding } from '#src/observe/conditions.ts'
import { podsOf } from '#src/observe/ownership.ts'
import { lossOfRows } from '#src/observe/training-data.ts'
import { type TuningRun, tuningRun } from '#src/observe/tuning-run.ts'
import type { StepResult } from '../context.ts'
import { isFinished, jobRemoval, NOTHING, type Removal, SELDOM } from '../plan.ts'
import type { World } from '../world.ts'
import { tuningProgress } from './tuning-progress.ts'

/** Has this run ended, well or badly? */
export const isOver = (run: TuningRun | undefined): boolean => run?.phase === 'succeeded' || run?.phase === 'failed'

/** Owns JobStarted: hands the run to a worker until its Job exists, then follows the Job. */
export function tuningStep(world: World): StepResult {
  const run = currentRun(world)
  if (run === undefined) {
    // Of a Job: found where the task would be handed over, which is not done then.
    if (world.obstacle !== undefined) {
      const taken = jobStarted('False', world.obstacle.reason, world.obstacle.message)
      return { plan: { ...NOTHING, again: 10_000 }, verdicts: [taken], go: false }
    }
    const verdict = jobStarted('False', 'Queued', 'the run is queued; a worker creates its Job')
    return { plan: { ...NOTHING, enqueue: taskOf(world), again: 10_000 }, verdicts: [verdict], go: false }
  }
  const tuning = tuningProgress(world, run)
  const again = lookAgain(run, world)
  return {
    plan: { ...NOTHING, remove: endedJobs(world, run), ...defined({ again }) },
    verdicts: [run.phase === 'running' && run.step === 'Pushing' ? pushing(world, tuning) : describe(run, tuning)],
    go: run.phase === 'succeeded',
    tuning,
  }
}

/**
 * Progress is only in the train step's log, so while it runs someone has to look. What waits is brought back by its Job's and
 * pods' events, for whatever it waits: a kubelet goes on by itself once a Secret is there.
 */
function lookAgain(run: TuningRun, { jobs, workspace }: World): number | undefined {
  const isToEnd = jobs.some((job) => job.metadata.name === tuningJobName(workspace) && !isFinished(job))
  if (run.phase === 'failed' && isToEnd) return 1_000
  if (run.phase === 'running') return 3_000
  return run.phase === 'pending' ? SELDOM : undefined
}

/** The run that the Workspace asks for now, if it was started: read from its Job, or from the status once that is gone. */
export function currentRun(world: World): TuningRun | undefined {
  const name = tuningJobName(world.workspace)
  const job = world.jobs.find((candidate) => candidate.metadata.name === name)
  const recorded = recordedRun(world, name)
  if (job === undefined) return recorded
  const pods = podsOf(job, world.pods)
  const run = tuningRun(job, pods)
  if (run.phase !== 'failed') return run
  // Without its pods a failed Job no longer tells why; what was read from them stands.
  if (recorded !== undefined && pods.length === 0) return recorded
  const { reason, message } = run.trouble
  return { phase: 'failed', trouble: { reason, message: advised(message, AGAIN) } }
}

/** A run that failed is not started again by itself: it costs a GPU. */
const AGAIN =
  'To run it again, change a field of tuning (for an image, another tag will do), or delete the Workspace and apply it again'

/** A finished Job may have been cleaned away: its result is in the status, and the run must not start again. */
function recordedRun({ workspace }: World, jobName: string): TuningRun | undefined {
  const recorded = workspace.status?.tuning
  if (recorded?.jobName !== jobName || recorded.finishedAt === undefined) return undefined
  const end = workspace.status?.conditions?.find(({ type }) => type === 'WorkspaceSucceeded')
  if (recorded.image !== undefined || end?.status === 'True') {
    return { phase: 'succeeded', ...defined({ image: recorded.image }) }
  }
  const reason = (end?.reason ?? 'TrainingFailed') as Reason
  return { phase: 'failed', trouble: { reason, message: end?.message ?? 'the run failed' } }
}

/**
 * The Job of a run that has failed, where it would try again all the same. Only once the status says that the run has ended:
 * a run whose Job is gone before that would start anew.
 */
function endedJobs({ workspace, jobs }: World, run: TuningRun | undefined): Removal[] {
  const name = tuningJobName(workspace)
  const recorded = workspace.status?.tuning
  if (run?.phase !== 'failed' || recorded?.jobName !== name || recorded.finishedAt === undefined) return []
  return jobs.filter((job) => job.metadata.name === name && !isFinished(job)).map(jobRemoval)
}

const taskOf = ({ workspace }: World) => ({
  version: 1,
  namespace: workspace.metadata.namespace ?? 'default',
  name: workspace.metadata.name,
  uid: workspace.metadata.uid ?? '',
  revision: tuningRevision(workspace),
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
function pushing({ workspace, pushWait }: World, tuning: TuningStatus): Finding {
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
