import type { NodeView } from '#src/api/objects.ts'

export interface TolerationView {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

/** The first taint that keeps pods with these tolerations off a node, as `key=value:effect`. A cordoned node has one, too. */
export function keptOffBy({ spec }: NodeView, tolerations: readonly TolerationView[]): string | undefined {
  const taint = spec?.taints?.find(
    (each) => each.effect !== 'PreferNoSchedule' && !tolerations.some((one) => tolerates(one, each)),
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
