import { describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { nodesWanted } from '#src/reading/namespace-nodes.ts'
import { namespaceNodeRules } from '#src/rules/namespace-nodes.ts'
import { runRules } from '#src/rules/run.ts'
import { limitedWith, rerunOfEnded } from './rows/namespace-nodes.ts'
import { facts, nodesWith, tuning } from './sample.ts'

describe('the nodes of a Workspace', () => {
  const ended = (more: Partial<Workspace>): Workspace => ({
    ...tuning,
    metadata: { ...tuning.metadata, generation: 1 },
    ...more,
  })

  it('are as many as it asks for, and none when its run is over or it is being deleted', () => {
    expect(nodesWanted(nodesWith({ count: 3 }))).toBe(3)
    expect(nodesWanted({ metadata: { name: 'a' } })).toBe(1)
    for (const state of ['Succeeded', 'Failed']) {
      expect(nodesWanted(ended({ status: { state, observedGeneration: 1 } }))).toBe(0)
      expect(nodesWanted(ended({ status: { state, observedGeneration: 0 } }))).toBe(1)
    }
    expect(nodesWanted(ended({ status: { state: 'Running', observedGeneration: 1 } }))).toBe(1)
    expect(nodesWanted({ ...tuning, metadata: { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' } })).toBe(0)
  })

  it('are as many as a namespace has a limit of its own for, or as they like', () => {
    const found = (limit: number) => {
      const more = limitedWith(
        { state: 'found', value: { nodes: 3 } },
        { namespaceNodes: { [facts.namespace]: limit } },
      )
      return runRules(namespaceNodeRules, nodesWith({ count: 2 }), { ...facts, ...more }).errors.length
    }
    expect([found(0), found(4), found(5)]).toEqual([0, 1, 0])
  })

  it('are asked for again by a change of a run that has ended', () => {
    const { workspace, old, facts: more } = rerunOfEnded
    const found = runRules(namespaceNodeRules, workspace, { ...facts, ...more, operation: 'UPDATE', old })
    expect(found.errors.map(({ origin }) => origin)).toEqual(['resource.namespace-nodes'])
    expect(runRules(namespaceNodeRules, old, { ...facts, ...more, operation: 'UPDATE', old }).errors).toEqual([])
  })
})
