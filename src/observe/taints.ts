import type { NodeView } from '#src/api/objects.ts'

export interface TolerationView {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

/**
 * What is read of the node itself: whether it is ready, and cordoned. The taint that says so comes and goes a moment later, and
 * stays where nobody takes it away.
 */
const SAID_ELSEWHERE = ['not-ready', 'unreachable', 'unschedulable'].map((what) => `node.kubernetes.io/${what}`)

/** The first taint that keeps pods with these tolerations off a node, as `key=value:effect`. */
export function keptOffBy({ spec }: NodeView, tolerations: readonly TolerationView[]): string | undefined {
  const taint = spec?.taints?.find(
    ({ key, value = '', effect }) =>
      effect !== 'PreferNoSchedule' &&
      !SAID_ELSEWHERE.includes(key) &&
      !tolerations.some((one) => tolerates(one, { key, value, effect })),
  )
  return taint && `${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect}`
}

type Taint = NonNullable<NonNullable<NodeView['spec']>['taints']>[number]

/** By Kubernetes' rules: no key with `Exists` tolerates everything; without an effect, each of them. */
function tolerates({ key, operator = 'Equal', value = '', effect }: TolerationView, taint: Taint): boolean {
  if (effect !== undefined && effect !== '' && effect !== taint.effect) return false
  if (key === undefined || key === '') return operator === 'Exists'
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''))
}
