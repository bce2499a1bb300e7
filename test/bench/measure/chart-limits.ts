import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

interface Values {
  readonly resources: Resources
  readonly webhook: { readonly resources: Resources }
}

interface Resources {
  readonly limits: { readonly memory: string }
}

/** The memory that the chart gives each role of the operator, in MiB. */
export function chartLimits(): { readonly reconciler: number; readonly webhook: number } {
  const values: Values = parse(readFileSync(new URL('../../../charts/kaito-ts/values.yaml', import.meta.url), 'utf8'))
  return { reconciler: mebibytes(values.resources), webhook: mebibytes(values.webhook.resources) }
}

/** Of a limit such as 512Mi. */
export function mebibytes({ limits: { memory } }: Resources): number {
  const [, amount, unit] = /^(\d+)(Mi|Gi)$/.exec(memory) ?? []
  if (amount === undefined) throw new Error(`memory ${memory}: neither Mi nor Gi`)
  return Number(amount) * (unit === 'Gi' ? 1_024 : 1)
}
