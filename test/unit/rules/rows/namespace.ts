import { rowsOf } from '../row.ts'
import { facts, serving } from '../sample.ts'

export const namespaceRows = rowsOf('workspace.namespace', [
  { when: 'in any namespace, where none is listed', workspace: serving, at: [] },
  {
    when: 'in a namespace that is not among those listed',
    workspace: serving,
    facts: { policy: { ...facts.policy, namespaces: ['models'] } },
    at: ['metadata.namespace'],
    says: 'create it in models',
  },
])
