import { isReason } from '#src/api/conditions.ts'
import { ANNOTATION } from '#src/api/labels.ts'
import type { JobView } from '#src/api/objects.ts'
import type { PrecheckStatus } from '#src/api/status.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Fault } from '#src/contract/check.ts'
import { tuningJobName } from '#src/desired/names.ts'
import { precheckJob } from '#src/desired/precheck-job.ts'
import type { TuningInputs } from '#src/desired/tuning-inputs.ts'
import { defined } from '#src/lib/defined.ts'
import { advised, type Finding } from '#src/observe/conditions.ts'
import { podsOf } from '#src/observe/ownership.ts'
import { type Precheck, precheck } from '#src/observe/precheck.ts'
import { tuningData } from '#src/observe/training-data.ts'
import { awaitedBy } from '../awaited.ts'
import type { StepResult } from '../context.ts'
import { jobRemoval, NOTHING, SELDOM } from '../plan.ts'
import type { World } from '../world.ts'
import { releasedNodes } from './nodes.ts'
import { currentPrecheck } from './superseded.ts'

/** Owns TuningPrechecked: has the run checked by a Job without a GPU, once; nothing is bought before that has passed. */
export function precheckStep(world: World, inputs: () => TuningInputs): StepResult {
  const { settings, obstacle, workspace } = world
  if (settings.tuningPrecheck === 'never') return { plan: NOTHING, verdicts: [], go: true }
  const name = currentPrecheck(world)
  const recorded = workspace.status?.precheck
  if (recorded?.jobName === name) return told(world, recorded)
  if (obstacle?.kind === 'Job') return waiting(obstacle.reason, obstacle.message, 10_000)
  const job = world.jobs.find(({ metadata }) => metadata.name === name)
  if (job !== undefined) return follow(world, job)
  const result = waiting('Prechecking', 'the check is about to start', 30_000)
  return { ...result, plan: { ...result.plan, apply: [precheckJob(name, inputs())] } }
}

/** Of a run that has begun: what was found before it. */
export function precheckDone(world: World): StepResult[] {
  const recorded = world.workspace.status?.precheck
  const isOfRun = recorded?.run === tuningJobName(world.workspace) && recorded.passed
  return isOfRun ? [told(world, recorded)] : []
}

function follow(world: World, job: JobView): StepResult {
  const found = precheck(job, podsOf(job, world.pods))
  switch (found.phase) {
    case 'pending':
      if (found.trouble === undefined) return waiting('Prechecking', 'the pod that checks is not running yet', SELDOM)
      return waiting(found.trouble.reason, advised(found.trouble.message, HELP[found.trouble.reason] ?? WAITS), SELDOM)
    case 'running':
      return waiting('Prechecking', `${doing(found.at)}; no GPU is asked for before`, SELDOM)
    case 'lost':
      return lost(world, job, found.since)
    default:
      return told(world, record(world, found))
  }
}

/** A pod may be seen a moment after its Job's end; after that it is gone, and only another one can tell. */
function lost(world: World, job: JobView, since: number): StepResult {
  const result = waiting('Prechecking', 'what the check found is gone with its pod; it starts again', 10_000)
  const isGone = world.now - since > 30_000
  return isGone ? { ...result, plan: { ...result.plan, remove: [jobRemoval(job)] } } : result
}

const WAITS = 'The run is checked before a GPU is asked for; it goes on when this is mended'
const HELP: Readonly<Record<string, string>> = {
  Unschedulable:
    'The check needs 0.6 CPUs and 1.3 GiB of memory on any Linux node, and no GPU. Make room, or set settings.tuningPrecheck=never to go without it',
}

function doing(containers: readonly string[]): string {
  const names = new Set(containers)
  if (names.has('fetch') || names.has('pull-data')) return 'the dataset is being downloaded to be checked'
  if (names.has('pull-weights')) return 'the config and tokenizer of the base model are being downloaded'
  return names.has('check')
    ? 'dataset, base model and training config are being checked'
    : 'the push of the adapter is being checked'
}

function record(world: World, found: Extract<Precheck, { phase: 'passed' | 'failed' }>): PrecheckStatus {
  const { workspace } = world
  const known = {
    jobName: currentPrecheck(world),
    run: tuningJobName(workspace),
    checkedAt: new Date(world.now).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
  if (found.phase === 'failed') {
    const message = advised(allOf(found.faults), howToRetry(workspace))
    return { ...known, passed: false, reason: found.faults[0].reason, message }
  }
  const data = found.data && tuningData(found.data)
  return {
    ...known,
    passed: true,
    reason: 'Prechecked',
    message: whatPassed(workspace, data, found.present),
    ...defined({ data }),
  }
}

const whatPassed = ({ tuning }: Workspace, data: PrecheckStatus['data'], present: string | undefined): string => {
  const { tokens, steps, weights, summary } = data ?? {}
  const said = [
    summary ?? 'nothing was found that would end the run',
    tokens && `${tokens.median} tokens a row, 95 % have ${tokens.p95} or fewer, the longest ${tokens.most}`,
    weights === undefined ? undefined : `${weights} weights are trained`,
    steps === undefined ? undefined : `about ${steps} steps`,
    tuning?.output.image === undefined ? undefined : `push to ${tuning.output.image} is allowed`,
    present && `its tag is taken and will be moved from ${present.slice(0, 'sha256:'.length + 12)}`,
  ]
  return said.filter((part) => part !== undefined).join('; ')
}

/** One with its whole text; of several as much of each as fits together. */
const allOf = (faults: readonly Fault[]): string =>
  faults.length === 1
    ? (faults[0]?.message ?? '')
    : faults
        .map(({ reason, message }, index) => `(${index + 1}) ${reason}: ${cut(message, 700 / faults.length)}`)
        .join('; ')

const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`)

function howToRetry({ metadata }: Workspace): string {
  const where = metadata.namespace === undefined ? '' : ` -n ${metadata.namespace}`
  const times = Number(metadata.annotations?.[ANNOTATION.retry] ?? 0)
  const next = Number.isSafeInteger(times) ? times + 1 : 1
  const command = `kubectl annotate workspace ${metadata.name}${where} ${ANNOTATION.retry}=${next} --overwrite`
  return `No GPU was asked for. Once it is mended, check again: ${command} (or change the Workspace)`
}

/** After a failure nothing is kept that costs money: nodes of an earlier revision go, too. */
function told(world: World, known: PrecheckStatus): StepResult {
  const { passed, message } = known
  const verdict = {
    type: 'TuningPrechecked',
    status: passed ? 'True' : 'False',
    reason: reasonOf(known),
    message,
  } as const
  const after = { ...releasedNodes(world).plan, awaits: awaitedBy(world) }
  const verdicts = passed ? [verdict] : [verdict, NO_NODE]
  return { plan: passed ? NOTHING : after, verdicts, go: passed, precheck: known }
}

/** A status may have been written by another release. */
const reasonOf = ({ passed, reason }: PrecheckStatus): Finding['reason'] =>
  isReason(reason) ? reason : passed ? 'Prechecked' : 'PrecheckFailed'

const waiting = (reason: Finding['reason'], message: string, again: number): StepResult => ({
  plan: { ...NOTHING, again },
  verdicts: [{ type: 'TuningPrechecked', status: 'False', reason, message }, NO_NODE],
  go: false,
})

/** So that it holds up nobody who waits for a node, and is not taken for one who has one. */
const NO_NODE: Finding = {
  type: 'ResourceReady',
  status: 'False',
  reason: 'NotPrechecked',
  message: 'no node is asked for before the check of the run has passed (TuningPrechecked)',
}
