import { saveReport } from '../measure/report-file.ts'
import { percentile } from '../measure/statistics.ts'

export interface RotationResult {
  readonly machine: readonly string[]
  readonly rotations: number
  readonly seconds: number
  readonly admitted: number
  readonly failures: readonly string[]
  readonly latencies: readonly number[]
  /** What keepers and servers complained of meanwhile. */
  readonly problems: readonly string[]
  readonly served: readonly number[]
  readonly connections: readonly number[]
  readonly apiserver: number
  readonly settleMs: number
  readonly graceMs: number
  readonly parallel: number
}

/** Writes docs/bench/rotation.md and prints it. */
export function writeReport(result: RotationResult): void {
  const { rotations, seconds, admitted, failures, latencies, problems, served, connections } = result
  const ms = (share: number) => percentile(latencies, share).toFixed(1)
  saveReport('rotation', 'Rotation of certificates under continuous admission', [
    ...result.machine,
    '',
    '| | |',
    '| --- | --- |',
    `| changes of the authority, each with a new leaf | ${rotations} in ${seconds.toFixed(0)} s |`,
    `| admissions meanwhile, each through both webhooks | ${admitted} |`,
    `| failed admissions (wanted: 0) | **${failures.length}** |`,
    `| webhook calls that the API server counts as failed, failing open included | ${result.apiserver} |`,
    `| errors that keepers or servers reported | ${problems.length} |`,
    `| latency of an admission, ms: p50 / p99 / highest | ${ms(0.5)} / ${ms(0.99)} / ${ms(1)} |`,
    `| certificates served by the two replicas | ${served.join(' and ')} |`,
    `| TLS connections to the two replicas | ${connections.join(' and ')} |`,
    '',
    'A real kube-apiserver calls two replicas behind a balancer that takes them in turn, connection by connection. Each replica has',
    'its own keeper; both may write the shared Secret and both configurations, as in an installation. Every admission is a',
    `server-side dry run of a Workspace that needs both webhooks, ${result.parallel} at a time; it counts as failed also when it was let`,
    'through without its default or without the validating webhook having been asked.',
    '',
    `A rotation is the one of an installation in fast motion: the new authority settles ${result.settleMs} ms instead of 5 minutes before a leaf`,
    `of it is served, and the old one stays trusted for ${result.graceMs} ms instead of a day.`,
    '',
    ...[...failures, ...problems].slice(0, 10).map((problem) => `- ${problem}`),
  ])
}
