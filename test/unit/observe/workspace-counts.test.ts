import { describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { workspaceCounts } from '#src/observe/workspace-counts.ts'
import { tuningSpec } from '#test/support/workspaces.ts'

const serving = (state?: string): Workspace => ({
  metadata: { name: 'chat' },
  inference: { preset: { name: 'phi-2' } },
  ...(state === undefined ? {} : { status: { state } }),
})
const tuning = (state: string): Workspace => ({ metadata: { name: 'tune' }, ...tuningSpec(), status: { state } })

const some = (workspaces: readonly Workspace[]) =>
  workspaceCounts(workspaces).flatMap(({ mode, phase, count }) => (count === 0 ? [] : [`${mode} ${phase} ${count}`]))

describe('the counts of Workspaces', () => {
  it('are by mode and state', () => {
    expect(some([serving('Ready'), serving('Ready'), serving('NotReady'), tuning('Running')])).toEqual([
      'inference Ready 2',
      'inference NotReady 1',
      'tuning Running 1',
    ])
  })

  it('take one that nobody has looked at yet for pending', () => {
    expect(some([serving()])).toEqual(['inference Pending 1'])
  })

  it('have as many series for any text in a status', () => {
    expect(some([serving('a'), serving('b')])).toEqual(['inference Unknown 2'])
    expect(workspaceCounts([serving('a')])).toHaveLength(workspaceCounts([]).length)
  })
})
