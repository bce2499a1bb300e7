import { describe, expect, it } from 'vitest'
import type { TuningStatus } from '#src/api/status.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { defined } from '#src/lib/defined.ts'
import { endOfRun } from '#src/observe/end-of-run.ts'
import { tuningSpec } from '#test/support/workspaces.ts'

const at = (state: string, tuning?: TuningStatus): Workspace => ({
  metadata: { name: 'tune' },
  ...tuningSpec(),
  status: { state, ...defined({ tuning }) },
})
const started = { jobName: 'tune-tuning-a', startedAt: '2026-01-01T00:00:00Z' }
const over = { ...started, finishedAt: '2026-01-01T00:10:00Z' }

describe('the end of a tuning run', () => {
  it('is seen once, with its outcome and how long it took', () => {
    expect(endOfRun(at('Running', started), at('Succeeded', over))).toEqual({ outcome: 'succeeded', seconds: 600 })
    expect(endOfRun(at('Running', started), at('Failed', over))).toEqual({ outcome: 'failed', seconds: 600 })
    expect(endOfRun(at('Succeeded', over), at('Succeeded', over))).toBeUndefined()
  })

  it('is seen again for the next run of the same Workspace', () => {
    expect(endOfRun(at('Succeeded', over), at('Failed', { ...over, jobName: 'tune-tuning-b' }))?.outcome).toBe('failed')
  })

  it('is not there before, and not in times that make no sense', () => {
    expect(endOfRun(at('Pending'), at('Running', started))).toBeUndefined()
    expect(endOfRun(at('Running', started), at('Failed', { ...over, finishedAt: 'yesterday' }))).toBeUndefined()
    const early = { ...over, finishedAt: '2025-01-01T00:00:00Z' }
    expect(endOfRun(at('Running', started), at('Failed', early))?.seconds).toBe(0)
  })
})
