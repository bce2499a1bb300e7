import { saveReport } from '../measure/report-file.ts'
import { type CampaignOptions, type CampaignResult, SLOW_MS } from './campaign.ts'

/** Writes docs/bench/fuzz.md and prints it. */
export function writeReport(machine: readonly string[], options: CampaignOptions, result: CampaignResult): void {
  const { cases, reviews, seconds, outcomes, worstMs, problems } = result
  saveReport('fuzz', 'Generated admission reviews', [
    ...machine,
    `- seed ${options.seed}`,
    '',
    '| | |',
    '| --- | --- |',
    `| reviews answered | ${reviews}, of ${cases} generated objects, in ${seconds.toFixed(0)} s |`,
    ...Object.entries(outcomes).map(([outcome, count]) => `| objects ${outcome} | ${count} |`),
    `| CPU of the slowest answer, ms (wanted: at most ${SLOW_MS}) | ${worstMs.toFixed(1)} |`,
    `| promises broken (wanted: 0) | **${problems.length}** |`,
    '',
    'Each object goes from bytes to bytes through both webhooks, and again with its defaults filled in. Seven of ten have the',
    "CRD's shape with anything missing or wrong in it; two have any JSON in place of a part; one is damaged bytes; one of 1000 has 3 MB in it. The ConfigMap",
    'that they name holds generated YAML, the Secret generated data. Promised: no crash, no answer over the limit, defaulting is',
    'idempotent and never spoils a good object, an object of the right shape never ends as an HTTP 500.',
    '',
    ...problems.map((problem) => `- ${problem}`),
  ])
}
