import { rowsOf } from '../row.ts'
import { annotated, tuning } from '../sample.ts'

const KEYS = 'metadata.annotations[kaito.sh/api-keys]'

/** Who may ask a server. */
export const doorRows = [
  ...rowsOf('annotation.load-balancer-open', [
    { when: 'that stays inside', workspace: annotated({}), at: [] },
    {
      when: 'behind a load balancer with keys',
      workspace: annotated({ 'kaito.sh/enablelb': 'True', 'kaito.sh/api-keys': 'keys' }),
      at: [],
    },
    {
      when: 'behind a load balancer without keys',
      workspace: annotated({ 'kaito.sh/enablelb': 'True' }),
      at: [KEYS],
      says: 'put API keys into a Secret',
    },
  ]),
  ...rowsOf('annotation.api-keys', [
    { when: 'that serves and names one', workspace: annotated({ 'kaito.sh/api-keys': 'keys' }), at: [] },
    {
      when: 'that tunes and names one',
      workspace: { ...tuning, metadata: { ...tuning.metadata, annotations: { 'kaito.sh/api-keys': 'keys' } } },
      at: [KEYS],
      says: 'a tuning run has no server',
    },
  ]),
]
