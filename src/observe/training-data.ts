import type { PodView } from '#src/api/objects.ts'
import type { TuningData } from '#src/api/status.ts'
import { parseOutcome } from '#src/contract/outcome.ts'
import { type RowCounts, toRowCounts } from '#src/contract/rows.ts'

/** What became of the rows, from how the train step ended: its log may be gone by then. */
export const rowsInResult = (pods: readonly PodView[]): RowCounts | undefined =>
  toRowCounts(trainResult(pods)?.['data'])

/** The result of the first pod whose train step has ended well. */
export function trainResult(pods: readonly PodView[]): Readonly<Record<string, unknown>> | undefined {
  for (const { status } of pods) {
    const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    const end = containers.find(({ name }) => name === 'train')?.state?.terminated
    const found = end?.exitCode === 0 ? parseOutcome(end.message)?.result : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** What a person must know: rows that are not trained on, or not to their end. Undefined when there are none. */
export function lossOfRows({ rows, kept, cut, dropped }: RowCounts): string | undefined {
  const reasons = dropped.map((each) => `${each.rows} with ${each.reason}`).join(', ')
  const left = kept === rows ? [] : [`${rows - kept} of ${rows} rows are left out${reasons && ` (${reasons})`}`]
  const short = cut === 0 ? [] : [`${cut} of ${kept} rows are cut at max_length`]
  return [...left, ...short].join('; ') || undefined
}

/** The same for the status, with a sentence in front. */
export function tuningData(counts: RowCounts): TuningData {
  const { rows, kept, evaluated, lossOn, unused, dropped, sources } = counts
  const used = kept === rows ? `all ${rows} rows are trained on` : `${kept} rows are trained on`
  const held = evaluated === 0 ? undefined : `${evaluated} of them are kept for evaluation`
  const idle = unused.length === 0 ? undefined : `not used: ${unused.join(', ')}`
  const said = [used, lossOfRows(counts), held, `loss on ${lossOn}`, idle].filter((part) => part !== undefined)
  return { summary: said.join('; '), ...counts, dropped: [...dropped], sources: [...sources], unused: [...unused] }
}
