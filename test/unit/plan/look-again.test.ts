import { describe, expect, it } from 'vitest'
import { tuningJobName } from '#src/desired/names.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import type { Presence } from '#src/plan/world.ts'
import { aWorld, controller, tuningWorkspace } from '#test/support/worlds.ts'

describe('a run that waits for its pod', () => {
  const workspace = tuningWorkspace()
  const job = {
    metadata: {
      name: tuningJobName(workspace),
      namespace: 'default',
      uid: 'job-uid',
      ownerReferences: [controller('Workspace', workspace.metadata.uid ?? '')],
    },
  }
  const again = (presence: Presence) =>
    planWorkspace(aWorld(workspace, { jobs: [job], secrets: new Map([['push-secret', presence]]) })).again ?? 0

  it('is looked at soon where a Secret is missing, and else hardly ever: its own events bring it back', () => {
    expect(again('missing')).toBe(15_000)
    expect(again('found')).toBeGreaterThanOrEqual(600_000)
  })
})
