import type { Workspace } from '#src/api/workspace.ts'
import { invalid } from '#src/lib/field-error.ts'
import type { Facts } from '#src/reading/facts.ts'
import { LIMIT_REMEDY, namespaceLimit, nodesWanted, overLimit } from '#src/reading/namespace-nodes.ts'
import { rule } from './rule.ts'

const PATH = 'resource.count'

export const namespaceNodeRules = [
  rule({
    id: 'resource.namespace-nodes',
    about:
      'The Workspaces of a namespace have no more nodes together than the administrator allows; those whose run has ended have none.',
    level: 'error',
    reads: ['nodesHeld'],
    check: (workspace, facts) => {
      const asked = moreNodes(workspace, facts)
      if (asked === undefined) return []
      const held = facts.nodesHeld.get(facts.namespace)
      if (held?.state !== 'found') return []
      const { limit, wanted, before } = asked
      const used = Math.max(0, held.value.nodes - before)
      if (used + wanted <= limit) return []
      return [invalid(PATH, wanted, overLimit(facts.namespace, { wanted, used, limit }), { fix: LIMIT_REMEDY })]
    },
  }),

  rule({
    id: 'resource.namespace-nodes-unknown',
    about:
      'Where the nodes of a namespace cannot be counted in time, a Workspace is let in, and waits if they are too many.',
    level: 'warning',
    reads: ['nodesHeld'],
    check: (workspace, facts) => {
      const asked = moreNodes(workspace, facts)
      if (asked === undefined || facts.nodesHeld.get(facts.namespace)?.state !== 'unknown') return []
      const detail = `at most ${asked.limit} nodes are allowed in namespace ${facts.namespace}, and those that are taken could not be counted in time`
      return [
        invalid(PATH, asked.wanted, detail, { fix: 'see condition ResourceReady: it waits while they are too many' }),
      ]
    },
  }),
]

/** Undefined where there is no limit, or nothing more is asked for than before: what there is may stay under a lower limit. */
function moreNodes(workspace: Workspace, { namespace, policy, old }: Pick<Facts, 'namespace' | 'policy' | 'old'>) {
  const limit = namespaceLimit(namespace, policy)
  const wanted = nodesWanted(workspace)
  const before = old === undefined ? 0 : nodesWanted(old)
  return limit === undefined || wanted <= before ? undefined : { limit, wanted, before }
}

/** Does a rule ask how many nodes its namespace has? */
export const asksForNodes = (workspace: Workspace, facts: Pick<Facts, 'namespace' | 'policy' | 'old'>): boolean =>
  moreNodes(workspace, facts) !== undefined
