import type { TuningStatus } from '#src/api/status.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { rowsOf } from '../row.ts'
import { annotated, from, tuning, tuningWith } from '../sample.ts'

const RUN = 'phi-tuning-0123456789'
const run = (more: TuningStatus = {}): Workspace => ({
  ...tuning,
  status: { tuning: { jobName: RUN, startedAt: '2026-01-02T03:04:05Z', ...more } },
})
const active = run()
const other = tuningWith({ input: { urls: ['https://example.com/other.parquet'] } })
const replacing = (job: string) => annotated({ 'kaito.sh/replace-run': job }, other)

export const rerunRows = [
  ...rowsOf('tuning.active-run', [
    { when: 'that stays the same while its run is active', workspace: tuning, facts: from(active), at: [] },
    {
      when: 'with another label while its run is active',
      workspace: { ...tuning, metadata: { ...tuning.metadata, labels: { a: 'b' } } },
      facts: from(active),
      at: [],
    },
    {
      when: 'with another dataset while its run is active',
      workspace: other,
      facts: from(active),
      at: ['tuning.input'],
      says: `kubectl annotate workspace phi --overwrite kaito.sh/replace-run=${RUN}`,
    },
    {
      when: 'with everything else of a run while its run is active',
      workspace: tuningWith({ input: { urls: [] }, output: { image: 'a.io/b:1' }, config: 'other' }),
      facts: from(active),
      at: ['tuning.input', 'tuning.output', 'tuning.config'],
    },
    {
      when: 'with another dataset that is to replace the active run',
      workspace: replacing(RUN),
      facts: from(active),
      at: [],
    },
    {
      when: 'with another dataset that was to replace an earlier run',
      workspace: replacing('phi-tuning-0000000000'),
      facts: from(active),
      at: ['tuning.input'],
    },
    {
      when: 'with another dataset before its run has begun',
      workspace: other,
      facts: from({ ...tuning, status: { tuning: { jobName: RUN } } }),
      at: [],
    },
    {
      when: 'with another dataset after its run has ended',
      workspace: other,
      facts: from(run({ finishedAt: '2026-01-02T04:00:00Z' })),
      at: [],
    },
  ]),
  ...rowsOf('tuning.new-run', [
    { when: 'that stays the same', workspace: tuning, facts: from(tuning), at: [] },
    {
      when: 'with another dataset',
      workspace: other,
      facts: from(tuning),
      at: ['tuning.input'],
      says: 'a new run starts',
    },
    {
      when: 'with another dataset while a run is active',
      workspace: other,
      facts: from(active),
      at: [],
    },
    {
      when: 'with another dataset that is to replace the active run',
      workspace: replacing(RUN),
      facts: from(active),
      at: ['tuning.input'],
      says: 'the run in progress is stopped and a new one starts',
    },
    {
      when: 'with another dataset after its run has ended',
      workspace: other,
      facts: from(run({ finishedAt: '2026-01-02T04:00:00Z' })),
      at: ['tuning.input'],
      says: 'a new run starts',
    },
  ]),
]
