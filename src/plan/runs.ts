import type { Reason } from '#src/api/conditions.ts'
import { RUNS, type RunStatus, type TuningStatus } from '#src/api/status.ts'
import { findSku } from '#src/catalog/catalog.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { hourlyPrice } from '#src/estimate/price.ts'
import { defined } from '#src/lib/defined.ts'
import { timeOf, type World } from './world.ts'

/** How the run that the status is about stands: `message` is told of one that has failed. */
interface End {
  readonly reason: Reason
  readonly message?: string
}

/**
 * status.runs: the runs that have ended, newest first. Of each it is written once what it cost; nodes and prices change
 * afterwards. A run that is replaced before its end is one of them, since it was paid for.
 */
export function runsAfter(world: World, tuning: TuningStatus | undefined, end: End): readonly RunStatus[] {
  const { status } = world.workspace
  const known: readonly RunStatus[] = status?.runs ?? []
  const before = status?.tuning
  const isReplaced = before?.jobName !== undefined && before.jobName !== tuningJobName(world.workspace)
  const replaced = isReplaced && isUnfinished(before) ? { ...before, finishedAt: timeOf(world) } : undefined
  const current = tuning?.jobName === tuningJobName(world.workspace) ? tuning : undefined
  const ended: readonly (RunStatus | undefined)[] = [
    replaced && entry(world, replaced, { reason: 'Superseded', message: SUPERSEDED }),
    current && entry(world, current, end),
  ]
  const runs = ended.reduce((all, run) => (run === undefined ? all : withRun(all, run)), known)
  return runs.slice(0, RUNS)
}

/** Has begun, and was not seen to end. */
const isUnfinished = (run: TuningStatus | undefined): boolean =>
  run?.startedAt !== undefined && run.finishedAt === undefined

const SUPERSEDED = 'another run was asked for before it ended'

/** In front, or in the place of what was known of the same run; what it cost stays. */
function withRun(runs: readonly RunStatus[], run: RunStatus): readonly RunStatus[] {
  const before = runs.find(({ job }) => job === run.job)
  if (before === undefined) return [run, ...runs]
  const { gpus, gpuHours, usd, finishedAt } = before
  return runs.map((each) => (each === before ? { ...run, ...defined({ gpus, gpuHours, usd }), finishedAt } : each))
}

function entry(world: World, run: TuningStatus, { reason, message }: End): RunStatus | undefined {
  const { jobName, finishedAt, startedAt, trainedAt, image, step, loss, evaluation, gpus } = run
  if (jobName === undefined || finishedAt === undefined) return undefined
  // A push from a volume holds no GPU.
  const hours = hoursBetween(startedAt, trainedAt ?? finishedAt)
  return {
    job: jobName,
    ...ofJob(jobName),
    reason,
    finishedAt,
    ...defined({
      message: message?.slice(0, LONGEST_MESSAGE),
      image,
      steps: step,
      loss,
      evaluation: evaluation?.summary,
      gpus,
      gpuHours: hours === undefined || gpus === undefined ? undefined : rounded(hours * gpus, 1000),
      usd: hours === undefined ? undefined : cost(world, hours),
      startedAt,
    }),
  }
}

const LONGEST_MESSAGE = 512

/** A Job's name ends with the revision, and from the second try on with its number. */
function ofJob(name: string): { readonly revision: string; readonly try: number } {
  const [, revision = '', nth = '1'] = /-([0-9a-f]{10})(?:-([1-9]\d{0,8}))?$/.exec(name) ?? []
  return { revision, try: Number(nth) }
}

/** Undefined where it never began, or where somebody has written what is no time. */
function hoursBetween(from: string | undefined, to: string): number | undefined {
  const hours = (Date.parse(to) - Date.parse(from ?? '')) / 3_600_000
  return Number.isFinite(hours) ? Math.max(0, hours) : undefined
}

function cost({ workspace: { resource }, settings, catalog }: World, hours: number): number | undefined {
  const sku = findSku(catalog, settings.cloud, resource?.instanceType ?? '')
  const price = sku && hourlyPrice(sku, 1)
  return price && rounded(price.usdPerHour * hours, 100)
}

const rounded = (value: number, parts: number) => Math.round(value * parts) / parts
