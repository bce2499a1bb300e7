import type { Workspace } from '#src/api/workspace.ts'
import type { Facts, Lookup, NodesHeld } from '#src/reading/facts.ts'
import { rowsOf } from '../row.ts'
import { facts, nodesWith, serving, tuning } from '../sample.ts'

/** In a namespace that may have 4 nodes, of which others have these. */
export const limitedWith = (lookup: Lookup<NodesHeld>, limits: Partial<Facts['policy']> = {}): Partial<Facts> => ({
  policy: { ...facts.policy, maxNodesPerNamespace: 4, ...limits },
  nodesHeld: new Map([[facts.namespace, lookup]]),
})
const with3 = limitedWith({ state: 'found', value: { nodes: 3 } })
const unknown: Lookup<NodesHeld> = { state: 'unknown' }

const ended: Workspace = {
  ...tuning,
  metadata: { ...tuning.metadata, generation: 1 },
  status: { state: 'Failed', observedGeneration: 1 },
}
const rerun: Workspace = {
  ...ended,
  metadata: { ...ended.metadata, generation: 2 },
  tuning: { input: {}, output: {}, ...ended.tuning, method: 'lora' },
}

export const namespaceNodeRows = [
  ...rowsOf('resource.namespace-nodes', [
    { when: 'of one node where 3 of 4 are taken', workspace: serving, facts: with3, at: [] },
    {
      when: 'of two nodes where 3 of 4 are taken',
      workspace: nodesWith({ count: 2 }),
      facts: with3,
      at: ['resource.count'],
      says: '2 nodes are asked for, and other Workspaces of namespace',
    },
    {
      when: 'of one node where all are taken',
      workspace: serving,
      facts: limitedWith({ state: 'found', value: { nodes: 4 } }),
      at: ['resource.count'],
      says: 'hold 4 of 4 (4/4)',
    },
    {
      when: 'that has its nodes already, under a limit that came later',
      workspace: { ...serving, metadata: { ...serving.metadata, labels: { a: 'b' } } },
      facts: { ...limitedWith({ state: 'found', value: { nodes: 9 } }), operation: 'UPDATE', old: serving },
      at: [],
    },
  ]),
  ...rowsOf('resource.namespace-nodes-unknown', [
    { when: 'where the nodes were counted', workspace: serving, facts: with3, at: [] },
    {
      when: 'where they could not be counted',
      workspace: serving,
      facts: limitedWith(unknown),
      at: ['resource.count'],
    },
    {
      when: 'where there is no limit',
      workspace: serving,
      facts: limitedWith(unknown, { maxNodesPerNamespace: 0 }),
      at: [],
    },
  ]),
]

/** Of a run that has ended, which the API server keeps a status of: asked of the rule alone. */
export const rerunOfEnded = {
  old: ended,
  workspace: rerun,
  facts: limitedWith({ state: 'found', value: { nodes: 4 } }),
}
