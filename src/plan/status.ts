import { CONDITION } from '#src/api/conditions.ts'
import type { STATES, TuningStatus, WorkspaceStatus } from '#src/api/status.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { defined } from '#src/lib/defined.ts'
import { type Finding, toConditions } from '#src/observe/conditions.ts'
import { evaluationInWords } from '#src/observe/evaluation.ts'
import { lossOfRows } from '#src/observe/training-data.ts'
import type { StepResult } from './context.ts'
import type { PlannedEvent } from './plan.ts'
import { runsAfter } from './runs.ts'
import type { World } from './world.ts'

/** The whole status from what every step said, with the summary on top: the first thing that is not so is why. */
export function statusOf(world: World, steps: readonly StepResult[]): WorkspaceStatus {
  const { workspace, now } = world
  const verdicts = steps.flatMap((step) => step.verdicts)
  const summary = summarize(verdicts)
  const previous = workspace.status?.conditions ?? []
  const generation = workspace.metadata.generation ?? 0
  const all = [
    ...verdicts,
    ...notApplied(world),
    { ...summary, type: CONDITION.workspaceSucceeded },
    { ...summary, type: CONDITION.ready },
  ]
  const run = steps.find((step) => step.tuning !== undefined)?.tuning
  // Of an earlier wish nothing is shown as if it were of this one; how it ended is in status.runs.
  const recorded = workspace.status?.tuning
  const tuning = run ?? (workspace.tuning && recorded?.jobName === tuningJobName(workspace) ? recorded : undefined)
  const precheck = steps.find((step) => step.precheck !== undefined)?.precheck
  const serving = steps.find((step) => step.serving !== undefined)?.serving
  const adapters = steps.find((step) => step.adapters !== undefined)?.adapters
  const runs = runsAfter(world, tuning, endOf(summary))
  const observed = carriedOut(world)
  return {
    ...defined({ observedGeneration: observed }),
    state: precheck?.passed === false ? 'Failed' : stateOf(world, summary, verdicts, run),
    workerNodes: [...(steps.find((step) => step.workerNodes !== undefined)?.workerNodes ?? [])],
    targetNodeCount: workspace.resource?.count ?? 1,
    conditions: toConditions(all, previous, generation, now),
    ...defined({ tuning }),
    ...(runs.length === 0 ? {} : { runs: [...runs] }),
    ...(workspace.tuning === undefined ? {} : defined({ precheck })),
    ...defined({ serving }),
    ...(adapters === undefined || adapters.length === 0 ? {} : { adapters: [...adapters] }),
  }
}

/** How a run ended, where it has. */
const endOf = ({ status, reason, message }: Omit<Finding, 'type'>) =>
  status === 'True' ? { reason } : { reason, message }

/** Beside the summary, which says how what runs is: of a server that answers a failed change is not the whole truth. */
const notApplied = ({ obstacle }: World): Finding[] =>
  obstacle === undefined || obstacle.reason === 'QueueUnreachable'
    ? []
    : [{ type: CONDITION.applied, status: 'False', reason: obstacle.reason, message: obstacle.message }]

/** The generation that the conditions are about: while a change cannot be applied, it is still the one before. */
const carriedOut = ({ workspace, obstacle }: World): number | undefined =>
  obstacle?.reason === 'ApplyFailed' ? workspace.status?.observedGeneration : (workspace.metadata.generation ?? 0)

const WAITING = new Set<string>(['Queued', 'JobPending'])

function summarize(verdicts: readonly Finding[]): Omit<Finding, 'type'> {
  const open = verdicts.find(({ status }) => status !== 'True')
  if (open) return { status: open.status, reason: open.reason, message: open.message }
  const last = verdicts.at(-1)
  // A running Job has started (True) but has not succeeded yet.
  if (last?.type === CONDITION.jobStarted && last.reason !== 'Succeeded') {
    return { status: 'False', reason: last.reason, message: last.message }
  }
  return last === undefined
    ? { status: 'Unknown', reason: 'Internal', message: 'nothing is known yet' }
    : { status: 'True', reason: last.reason, message: last.message }
}

function stateOf(
  world: World,
  summary: Omit<Finding, 'type'>,
  verdicts: readonly Finding[],
  run: TuningStatus | undefined,
): (typeof STATES)[number] {
  const ok = summary.status === 'True'
  if (world.workspace.tuning === undefined) {
    if (ok) return 'Ready'
    const was = world.workspace.status?.state
    return was === 'Ready' || was === 'NotReady' ? 'NotReady' : 'Pending'
  }
  if (ok) return 'Succeeded'
  const job = verdicts.find(({ type }) => type === CONDITION.jobStarted)
  if (job === undefined || WAITING.has(job.reason)) return 'Pending'
  // From the status and not from the Jobs: they may be cleaned away, or be of an earlier revision.
  return job.status === 'True' ? 'Running' : run?.finishedAt === undefined ? 'Pending' : 'Failed'
}

/** One event for every condition whose status or reason changed: the history of a Workspace, as `kubectl describe` shows it. */
export function eventsOf(world: World, status: WorkspaceStatus): PlannedEvent[] {
  const previous = new Map((world.workspace.status?.conditions ?? []).map((condition) => [condition.type, condition]))
  const changes = (status.conditions ?? [])
    .filter(({ type }) => type !== CONDITION.ready && type !== CONDITION.workspaceSucceeded)
    .filter(({ type, reason, status: value }) => {
      const before = previous.get(type)
      return before?.reason !== reason || before.status !== value
    })
    .map(
      ({ reason, message }): PlannedEvent => ({
        type: WARN.has(reason) ? 'Warning' : 'Normal',
        reason,
        message,
      }),
    )
  // What two conditions say in the same words is one event.
  const told = new Map(changes.map((event) => [`${event.reason} ${event.message}`, event]))
  return [...told.values(), ...dataEvents(world, status), ...evaluationEvents(world, status)]
}

/** Once for each run, as soon as it is known: a person may want to end it before it is paid for. */
function dataEvents({ workspace }: World, status: WorkspaceStatus): PlannedEvent[] {
  const run = tuningJobName(workspace)
  const data = dataOf(status, run)
  const isNew = data !== undefined && dataOf(workspace.status, run) === undefined
  const lost = isNew ? lossOfRows(data) : undefined
  return lost === undefined ? [] : [{ type: 'Warning', reason: 'RowsLeftOut', message: lost }]
}

/** Once for each run. */
function evaluationEvents({ workspace }: World, { tuning }: WorkspaceStatus): PlannedEvent[] {
  const before = workspace.status?.tuning
  const isNew = before?.evaluation === undefined || before.jobName !== tuning?.jobName
  if (tuning?.evaluation === undefined || !isNew) return []
  return [{ type: 'Normal', reason: 'Evaluated', message: evaluationInWords(tuning.evaluation) }]
}
/** What is known of a run's rows: from the run itself, or from the check before it. */
const dataOf = (status: WorkspaceStatus | undefined, run: string) =>
  (status?.tuning?.jobName === run ? status.tuning.data : undefined) ??
  (status?.precheck?.run === run ? status.precheck.data : undefined)

/** Bad news, also of a run that goes on (a push that waits). Other reasons for a False pass by themselves. */
const WARN = new Set<string>([
  'NameTaken',
  'QueueUnreachable',
  'NodesMissing',
  'GpuInUse',
  'GpuUnsuitable',
  'NodeClaimFailed',
  'CloudQuotaExceeded',
  'SkuNotInRegion',
  'CapacityUnavailable',
  'QuotaExceeded',
  'ConfigInvalid',
  'NotAllowed',
  'SecretMissing',
  'ImageUnavailable',
  'DatasetUnreachable',
  'DatasetInvalid',
  'BaseModelUnavailable',
  'CudaOutOfMemory',
  'OOMKilled',
  'Stalled',
  'NotImproved',
  'TrainingFailed',
  'PrecheckFailed',
  'PullDenied',
  'PullFailed',
  'PushDenied',
  'PushFailed',
  'Evicted',
  'Killed',
  'DeadlineExceeded',
  'Unschedulable',
  'ContainerCannotStart',
  'NameTaken',
  'ApplyFailed',
  'CrashLoop',
  'Internal',
])
