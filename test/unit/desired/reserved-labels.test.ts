import { describe, expect, it } from 'vitest'
import { RESERVED_SELECTOR_KEYS } from '#src/api/labels.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import { aWorld, inferenceWorkspace, tuningWorkspace } from '#test/support/worlds.ts'

const withLabel = (workspace: Workspace, key: string): Workspace => ({
  ...workspace,
  resource: {
    ...workspace.resource,
    labelSelector: {
      ...workspace.resource?.labelSelector,
      matchExpressions: [{ key, operator: 'In', values: ['another-one'] }],
    },
  },
})

describe('a label that admission says it ignores', () => {
  it.each(RESERVED_SELECTOR_KEYS)('%s is in no object', (key) => {
    for (const workspace of [inferenceWorkspace(), tuningWorkspace()]) {
      for (const nodeProvisioner of ['byo', 'karpenter'] as const) {
        const world = aWorld(withLabel(workspace, key))
        const { apply } = planWorkspace({ ...world, settings: { ...world.settings, nodeProvisioner } })
        expect(JSON.stringify(apply)).not.toContain('another-one')
      }
    }
  })
})

describe('a NodeClaim', () => {
  it('requests nothing that an instance type does not offer', () => {
    const world = aWorld(inferenceWorkspace(), { nodes: [] })
    const { apply } = planWorkspace({ ...world, settings: { ...world.settings, nodeProvisioner: 'karpenter' } })
    expect(apply.map(({ kind }) => kind)).toEqual(['NodeClaim'])
    expect(apply[0]?.['spec']).not.toHaveProperty('resources')
  })

  it('is not bought for a Workspace that runs on a node already, whatever that is labelled now', () => {
    const node = {
      metadata: { name: 'n' },
      spec: { unschedulable: true },
      status: aWorld(inferenceWorkspace()).nodes[0]?.status,
    }
    const pod = { metadata: { name: 'p' }, spec: { nodeName: 'n' }, status: { phase: 'Running' } }
    for (const nodeProvisioner of ['byo', 'karpenter'] as const) {
      const world = aWorld(inferenceWorkspace(), { nodes: [node as never], pods: [pod] })
      const plan = planWorkspace({ ...world, settings: { ...world.settings, nodeProvisioner } })
      expect(plan.apply.filter(({ kind }) => kind === 'NodeClaim')).toEqual([])
      expect(plan.status?.conditions?.find(({ type }) => type === 'ResourceReady')?.status).toBe('True')
    }
  })
})
