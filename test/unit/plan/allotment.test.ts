import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { allot, asClaimant, type Claimant } from '#src/plan/allotment.ts'
import { takesNodes } from '#src/plan/takes-nodes.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import { aWorld, inferenceWorkspace, tuningWorkspace } from '#test/support/worlds.ts'

const one = (key: string, more: Partial<Claimant> = {}): Claimant => ({
  key,
  uid: key,
  created: '2026-01-01T00:00:00Z',
  wanted: 1,
  has: 0,
  isWaiting: true,
  ...more,
})

const fitting = (claimants: readonly Claimant[], limit: number, others = 0) =>
  claimants.filter((each) => allot(claimants, others, limit)(each).fits).map(({ key }) => key)

describe('a limit of nodes in a namespace', () => {
  it('lets the oldest have theirs; of the same second, by uid', () => {
    const old = one('z', { created: '2025-01-01T00:00:00Z' })
    expect(fitting([one('c'), one('b'), old, one('a')], 2)).toEqual(['z', 'a'])
    expect(allot([one('a'), one('b')], 0, 1)(one('b'))).toEqual({ limit: 1, used: 1, fits: false })
  })

  it('leaves what there is, whatever the limit is now', () => {
    const [big, small] = [one('big', { wanted: 8, has: 8 }), one('small')]
    expect(fitting([big, small], 4)).toEqual(['big'])
    expect(allot([big, small], 0, 4)(small).used).toBe(8)
  })

  it('gives all or nothing, and goes on with the next one that fits', () => {
    expect(fitting([one('a', { wanted: 3 }), one('b', { wanted: 2 }), one('c')], 4)).toEqual(['a', 'c'])
    expect(fitting([one('a', { wanted: 9 }), one('b')], 4)).toEqual(['b'])
  })

  it('lets one that has some have the rest before anybody else gets any', () => {
    const half = one('half', { wanted: 4, has: 2, created: '2027-01-01T00:00:00Z' })
    expect(fitting([one('a', { wanted: 2 }), half], 4)).toEqual(['half'])
  })

  it('counts nodes that are still to be given back, and nobody who waits for something else', () => {
    expect(fitting([one('a')], 1, 1)).toEqual([])
    const [early, late] = [one('a', { isWaiting: false }), one('b')]
    expect(fitting([early, late], 1)).toEqual(['b'])
    expect(fitting([early], 1)).toEqual(['a'])
  })

  it('is never passed by those who get nodes, whoever they are', () => {
    const claimant = fc.record({
      key: fc.uuid(),
      uid: fc.uuid(),
      created: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'),
      wanted: fc.nat(5),
      has: fc.constantFrom(0, 0, 0, 1, 2),
      isWaiting: fc.constant(true),
    })
    fc.assert(
      fc.property(fc.array(claimant, { maxLength: 12 }), fc.integer({ min: 1, max: 12 }), (all, limit) => {
        const verdicts = allot(all, 0, limit)
        const had = all.reduce((sum, { has }) => sum + has, 0)
        const given = all
          .filter((each) => verdicts(each).fits)
          .reduce((sum, { wanted, has }) => sum + Math.max(0, wanted - has), 0)
        expect(had + given).toBeLessThanOrEqual(Math.max(had, limit))
        // In whatever order they are listed.
        const again = allot(all.toReversed(), 0, limit)
        expect(all.map((each) => again(each))).toEqual(all.map((each) => verdicts(each)))
      }),
    )
  })
})

describe('a Workspace under a limit', () => {
  const ready = (status: 'True' | 'False', reason: string): Workspace['status'] => ({
    conditions: [
      {
        type: 'ResourceReady',
        status,
        reason,
        message: '',
        observedGeneration: 1,
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  })
  const has = (workspace: Workspace, claims = 0, granted = 0) => asClaimant(workspace, 'k', claims, granted)
  const withStatus = (status: Workspace['status'], workspace = inferenceWorkspace()): Workspace => ({
    ...workspace,
    ...(status === undefined ? {} : { status }),
  })

  it('waits when it is new or over the limit, and not when it lacks something else', () => {
    expect(has(inferenceWorkspace())).toMatchObject({ wanted: 1, has: 0, isWaiting: true })
    expect(has(withStatus(ready('False', 'QuotaExceeded'))).isWaiting).toBe(true)
    expect(has(withStatus(ready('False', 'SecretMissing'))).isWaiting).toBe(false)
    const [other] = ready('False', 'Deleting')?.conditions ?? []
    const conditions = other === undefined ? [] : [{ ...other, type: 'Ready' }]
    expect(has(withStatus({ conditions })).isWaiting).toBe(false)
  })

  it('has its claims, what it was granted, or nodes that it runs on', () => {
    expect(has(inferenceWorkspace(), 2).has).toBe(2)
    expect(has(inferenceWorkspace(), 0, 1).has).toBe(1)
    expect(has(withStatus(ready('True', 'NodesReady'))).has).toBe(1)
    const lost = { ...ready('False', 'NodesMissing') }
    const serving = { revision: 'r', operatorImage: 'o', serverImage: 's' }
    expect(has(withStatus({ ...lost, serving })).has).toBe(1)
    expect(has(withStatus({ ...lost, tuning: { jobName: 'j' } }, tuningWorkspace())).has).toBe(1)
  })

  it('has none once its run is over, and is one of those who ask when it is to run again', () => {
    const over = { ...ready('True', 'NodesReady'), state: 'Succeeded', observedGeneration: 1 }
    expect(has(withStatus(over, tuningWorkspace()), 0, 1)).toMatchObject({ wanted: 0, has: 0, isWaiting: false })
    const { metadata } = tuningWorkspace()
    const again = withStatus(over, { ...tuningWorkspace(), metadata: { ...metadata, generation: 2 } })
    expect(has(again)).toMatchObject({ wanted: 1, has: 0 })
  })

  it('says how many are used, and takes neither nodes nor a place in the queue', () => {
    for (const nodeProvisioner of ['karpenter', 'byo'] as const) {
      for (const workspace of [inferenceWorkspace(), tuningWorkspace()]) {
        const { settings } = aWorld(workspace)
        const allotted = { limit: 4, used: 4, fits: false }
        const plan = planWorkspace(aWorld(workspace, { settings: { ...settings, nodeProvisioner }, allotted }))
        expect(takesNodes(plan)).toBe(false)
        expect(plan.apply).toEqual([])
        const [condition] = plan.status?.conditions ?? []
        expect(condition).toMatchObject({ type: 'ResourceReady', status: 'False', reason: 'QuotaExceeded' })
        expect(condition?.message).toBe(
          '1 node is asked for, and other Workspaces of namespace default hold 4 of 4 (4/4). It goes on by itself when another one ends or is deleted',
        )
        expect(plan.events.map(({ type, reason }) => `${type} ${reason}`)).toEqual(['Warning QuotaExceeded'])
        const free = planWorkspace(aWorld(workspace, { settings: { ...settings, nodeProvisioner }, nodes: [] }))
        expect(takesNodes(free)).toBe(nodeProvisioner === 'karpenter')
      }
    }
  })
})
