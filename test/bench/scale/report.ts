import { chartLimits } from '../measure/chart-limits.ts'
import { saveReport } from '../measure/report-file.ts'
import type { LargeObjects } from './large-objects.ts'
import type { Span } from './measure.ts'
import type { Starved } from './starved.ts'
import type { Step } from './steps.ts'

interface Result {
  readonly machine: readonly string[]
  readonly steps: readonly Step[]
  readonly starved: Starved | undefined
  readonly large: LargeObjects | undefined
  readonly lost: readonly string[]
}

/** Writes docs/bench/scale.md. True when everything stayed within its limits. */
export function writeReport({ machine, steps, starved, large, lost }: Result): boolean {
  const losses = [...lost, ...steps.flatMap(tooMuch), ...(starved?.failures ?? []), ...(large?.lost ?? [])]
  saveReport('scale', 'Thousands of Workspaces', [
    ...machine,
    `- limits of the chart: reconciler ${chartLimits().reconciler} MiB, webhook ${chartLimits().webhook} MiB; held by ${steps[0]?.by ?? 'nothing'}`,
    '',
    'A fifth of the Workspaces each waits for a Secret, for a node, for its pod (it has a Job), is tuned, is serving. A real',
    'kube-apiserver, etcd and Redis are on the same two cores; nodes and kubelets are played. "Resident" is the most that the',
    'reconciler\'s process had after a restart among so many, through all rows below; "charged" includes files in the page cache.',
    '',
    ...table(steps),
    '',
    ...(starved === undefined ? [] : starvedLines(starved)),
    ...(large === undefined ? [] : ['', '## Large Workspaces', '', ...large.measured.map((line) => `- ${line}`)]),
    ...(losses.length > 0 ? ['', '## Lost', '', ...losses.slice(0, 20).map((one) => `- ${one}`)] : []),
  ])
  return losses.length === 0
}

const tooMuch = ({ count, restart }: Step): string[] =>
  restart.readySeconds > 30 ? [`${count}: ready after ${restart.readySeconds.toFixed(0)} s`] : []

const table = (steps: readonly Step[]): string[] => {
  const row = (name: string, of: (step: Step) => string) => `| ${name} | ${steps.map(of).join(' | ')} |`
  return [
    row('Workspaces', ({ count }) => String(count)),
    `| --- |${steps.map(() => ' ---: |').join('')}`,
    row('resident, at most (MiB)', ({ restart }) => restart.rssMiB.toFixed(0)),
    row('charged, at most (MiB)', ({ restart }) => restart.chargedMiB?.toFixed(0) ?? '?'),
    row('ready after a restart (s)', ({ restart }) => restart.readySeconds.toFixed(1)),
    row('all looked at after it: s, reconciles/s, calls', ({ restart: { resync } }) =>
      [resync.seconds.toFixed(0), perSecond(resync.reconciles, resync), calls(resync)].join(', '),
    ),
    row(
      'growth: Workspaces made, reconciles/s',
      ({ growth }) => `${growth.made}, ${perSecond(growth.reconciles, growth)}`,
    ),
    row('at rest: reconciles/s', ({ rest }) => perSecond(rest.reconciles, rest)),
    row('at rest: calls of the apiserver/s', ({ rest }) => perSecond(total(rest), rest)),
    row('at rest: reads of Secrets/s', ({ rest }) => perSecond(rest.secretReads, rest)),
    row('at rest: CPU of one core (%)', ({ rest }) => (rest.cpuMs / rest.seconds / 10).toFixed(1)),
    row(
      'a new Workspace to its Job: p50, most (ms)',
      ({ newOne }) => `${newOne.p50.toFixed(0)}, ${newOne.most.toFixed(0)}`,
    ),
    row(
      'a node joins that nobody asks for: reconciles, reads',
      ({ strangeNode }) => `${strangeNode.reconciles}, ${reads(strangeNode)}`,
    ),
    row('a node joins that some wait for: how many', ({ wantedNode }) => String(wantedNode.waiting)),
    row('... reconciles, reads, seconds', ({ wantedNode }) =>
      [wantedNode.reconciles, reads(wantedNode), wantedNode.seconds.toFixed(0)].join(', '),
    ),
    row('... a new Workspace to its Job meanwhile (ms)', ({ wantedNode }) => wantedNode.newOneMs.toFixed(0)),
  ]
}

function starvedLines({ burners, load, created, failures, unknown, p50, p99, chargedMiB }: Starved): string[] {
  return [
    '## Admission on a starved machine',
    '',
    `${created + failures.length} Workspaces, 100 a second, each with a Secret and a ConfigMap to look up, through the apiserver and both`,
    `webhooks, beside ${burners} processes that burn CPU (load ${load.toFixed(1)}): ${created} created, **${failures.length} refused**, ${unknown} with the`,
    `warning that something could not be looked up in time. p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms; the webhook had ${chargedMiB?.toFixed(0) ?? '?'} MiB at most.`,
  ]
}

const perSecond = (count: number, { seconds }: Span) => (count / seconds).toFixed(1)
const total = ({ calls: by }: Span) => [...by.values()].reduce((sum, each) => sum + each, 0)
const calls = (span: Span) =>
  [...span.calls]
    .filter(([, count]) => count > 0)
    .map(([method, count]) => `${count} ${method}`)
    .join(' ')
const reads = ({ calls: by }: Span) => `${by.get('GET') ?? 0} GET`
