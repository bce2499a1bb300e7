import { describe, expect, it } from 'vitest'
import type { NodeClaimView, NodeView } from '#src/api/objects.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import { GPU_TYPE, NODE_LABELS } from '#test/support/workspaces.ts'
import { aWorld, inferenceWorkspace, readyNode } from '#test/support/worlds.ts'

const PROVISIONERS = ['karpenter', 'gpu-provisioner', 'byo'] as const

const workspace: Workspace = {
  ...inferenceWorkspace(),
  resource: { count: 2, instanceType: GPU_TYPE, labelSelector: { matchLabels: NODE_LABELS } },
}

const planned = (nodeProvisioner: Settings['nodeProvisioner'], nodeClaims: NodeClaimView[], nodes: NodeView[] = []) => {
  const world = aWorld(workspace, { nodes, nodeClaims })
  return planWorkspace({ ...world, settings: { ...world.settings, nodeProvisioner } })
}

/** What is made under one provisioner, as the cluster has it later. */
const made = (nodeProvisioner: Settings['nodeProvisioner']): NodeClaimView[] =>
  planned(nodeProvisioner, [])
    .apply.filter(({ kind }) => kind === 'NodeClaim')
    .map(({ metadata }) => ({ metadata: { ...metadata, uid: `uid-of-${metadata.name}` } }))

const names = (claims: readonly NodeClaimView[]) => claims.map(({ metadata }) => metadata.name)

/** A node that came of a claim: it has the claim's labels. */
const nodeFor = ({ metadata }: NodeClaimView): NodeView => {
  const node = readyNode(`node-of-${metadata.name}`)
  return { ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, ...metadata.labels } } }
}

const joined = (claim: NodeClaimView): NodeClaimView => ({
  ...claim,
  status: { nodeName: `node-of-${claim.metadata.name}` },
})

describe.for(PROVISIONERS)('under %s', (now) => {
  const before = PROVISIONERS.filter((each) => each !== now && each !== 'byo')

  it('claims of another provisioner that have brought nothing are given back, and not paid for twice', () => {
    for (const other of before) {
      const claims = made(other)
      expect(claims).toHaveLength(2)
      const plan = planned(now, claims)
      expect(plan.remove.map(({ name }) => name)).toEqual(names(claims))
      expect(plan.apply.filter(({ kind }) => kind === 'NodeClaim')).toHaveLength(now === 'byo' ? 0 : 2)
    }
  })

  it('a node that came of another provisioner is used, and only what is missing is bought', () => {
    for (const other of before) {
      const [first, second] = made(other)
      if (first === undefined || second === undefined) throw new Error('two claims are made')
      const plan = planned(now, [joined(first), second], [nodeFor(first)])
      expect(plan.remove.map(({ name }) => name)).toEqual(names([second]))
      expect(plan.apply.filter(({ kind }) => kind === 'NodeClaim')).toHaveLength(now === 'byo' ? 0 : 1)
      const both = planned(now, [joined(first), joined(second)], [nodeFor(first), nodeFor(second)])
      expect(both.remove).toEqual([])
      expect(both.apply.map(({ kind }) => kind)).not.toContain('NodeClaim')
      expect(both.apply.map(({ kind }) => kind)).toContain('StatefulSet')
    }
  })

  it('a Workspace that is deleted gives back the claims of all', () => {
    const claims = PROVISIONERS.flatMap(made)
    const world = aWorld(
      { ...workspace, metadata: { ...workspace.metadata, deletionTimestamp: '2026-01-02T03:04:05Z' } },
      { nodeClaims: claims },
    )
    const plan = planWorkspace({ ...world, settings: { ...world.settings, nodeProvisioner: now } })
    expect(plan.remove.map(({ name }) => name)).toEqual(names(claims))
  })
})
