import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What waits the longest, in this order: a file of these that began last would be waited for alone. */
const SLOWEST = [
  'operator/crash',
  'jobs/fault',
  'chart/cert-manager',
  'operator/',
  'cluster/',
  'kube/watch',
  'webhooks/apiserver',
]

/** Vitest's own order, but for the files that are known to be slow: a fresh checkout has no times to go by. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}

function rank({ moduleId }: TestSpecification): number {
  const found = SLOWEST.findIndex((part) => moduleId.includes(`/integration/${part}`))
  return found < 0 ? SLOWEST.length : found
}
