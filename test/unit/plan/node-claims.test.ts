import { describe, expect, it } from 'vitest'
import type { ConditionView, NodeClaimView } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import type { World } from '#src/plan/world.ts'
import { nodeClaimName } from '#src/provisioners/karpenter.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { aWorld, inferenceWorkspace } from '#test/support/worlds.ts'

const settings = { ...DEFAULT_SETTINGS, nodeProvisioner: 'karpenter' as const }

const wanting = (count: number): Workspace => {
  const { resource, ...workspace } = inferenceWorkspace()
  return { ...workspace, resource: { labelSelector: {}, ...resource, count } }
}

const met = (...types: string[]) => types.map((type) => ({ type, status: 'True' }))
const claim = (index: number, conditions: readonly ConditionView[] = []): NodeClaimView => ({
  metadata: { name: nodeClaimName(wanting(10), index) },
  status: { conditions },
})

const asked = (world: Partial<World>, workspace = wanting(10)) => {
  const plan = planWorkspace(aWorld(workspace, { settings, nodes: [], ...world }))
  const claims = plan.apply.filter(({ kind }) => kind === 'NodeClaim').map(({ metadata }) => metadata.name)
  const ready = plan.status?.conditions?.find(({ type }) => type === 'ResourceReady')
  return { claims, reason: ready?.reason, message: ready?.message }
}
const names = (...indexes: number[]) => indexes.map((index) => nodeClaimName(wanting(10), index))

describe('NodeClaims of one Workspace', () => {
  it('are made in batches, each when nodes of the one before have joined', () => {
    const first = asked({})
    expect(first.claims).toEqual(names(0, 1, 2, 3))
    expect(first.message).toBe('4 NodeClaims are being created; 6 more are claimed as these join')
    const waiting = asked({ nodeClaims: [0, 1, 2, 3].map((index) => claim(index, met('Launched'))) })
    expect(waiting).toMatchObject({ claims: [], reason: 'NodeClaimPending' })
    expect(waiting.message).toContain('is not Registered: no word yet; 6 more are claimed as these join')
    const some = [0, 1, 2, 3].map((index) => claim(index, index < 2 ? met('Launched', 'Registered') : []))
    expect(asked({ nodeClaims: some }).claims).toEqual(names(4, 5))
  })

  it('are asked for under the same names while the watch shows only some of them', () => {
    expect(asked({ nodeClaims: [claim(0), claim(1)] }).claims).toEqual(names(2, 3))
  })

  it('are not asked for while one that failed holds them up, which is what is said', () => {
    const failed = { type: 'Launched', status: 'Unknown', reason: 'LaunchFailed', message: 'quota of 4 exceeded' }
    const nodeClaims = [claim(0), claim(1), claim(2), claim(3, [failed])]
    const said = asked({ nodeClaims })
    expect(said).toMatchObject({ claims: [], reason: 'CloudQuotaExceeded' })
    expect(said.message).toMatch(/quota of 4 exceeded\. Ask the cloud .*; 6 more/)
  })

  it('are as many at a time as an administrator says', () => {
    const few = { ...settings, maxPendingNodesPerWorkspace: 1 }
    expect(asked({ settings: few }).claims).toEqual(names(0))
    expect(asked({ settings: { ...settings, maxPendingNodesPerWorkspace: 16 } }).claims).toHaveLength(10)
  })
})
