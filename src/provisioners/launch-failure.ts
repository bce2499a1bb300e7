import type { Reason } from '#src/api/conditions.ts'

/** What a launch that failed lacks, by the words of a cloud or its provisioner. */
export interface LaunchFailure {
  readonly reason: Extract<Reason, 'CloudQuotaExceeded' | 'SkuNotInRegion' | 'CapacityUnavailable' | 'NodeClaimFailed'>
  /** What helps. */
  readonly remedy: string
}

/**
 * Codes and phrases of Azure's and AWS's errors, as Karpenter's providers and gpu-provisioner pass them on. The first that a
 * message has decides: one about a quota may speak of capacity, too.
 */
const KNOWN: readonly (readonly [RegExp, LaunchFailure])[] = [
  [
    /quota|VcpuLimitExceeded|InstanceLimitExceeded|MaxSpotInstanceCountExceeded|vCPU limit|core limit/i,
    { reason: 'CloudQuotaExceeded', remedy: 'Ask the cloud for a larger quota of this family in this region' },
  ],
  [
    /SkuNotAvailable|NotAvailableForSubscription|VMSizeNotSupported|not (?:available|supported|offered) in (?:the |your )?(?:current |requested )?(?:location|region|availability zone|subscription)|InvalidInstanceType/i,
    { reason: 'SkuNotInRegion', remedy: 'Name an instance type that this region sells' },
  ],
  [
    /InsufficientInstanceCapacity|UnfulfillableCapacity|insufficient capacity|sufficient capacity|AllocationFailed|Overconstrained(?:Zonal)?AllocationRequest|all requested instance types were unavailable/i,
    {
      reason: 'CapacityUnavailable',
      remedy: 'The cloud has none free now: wait, or name another instance type or zone',
    },
  ],
]

const OTHER: LaunchFailure = { reason: 'NodeClaimFailed', remedy: 'See the provisioner and its NodeClass' }

export const launchFailure = (message: string): LaunchFailure =>
  KNOWN.find(([words]) => words.test(message))?.[1] ?? OTHER

/** `24 needed, 0 of 0 in use`: the numbers of a quota, where the message has them. Its own words follow anyway. */
export function quotaNumbers(message: string): string | undefined {
  const number = (words: RegExp) => words.exec(message)?.[1]
  const [limit, used, needed] = [
    number(/current limit:? ?(\d{1,9})/i),
    number(/current usage:? ?(\d{1,9})/i),
    number(/additional required:? ?(\d{1,9})/i),
  ]
  if (limit === undefined || used === undefined || needed === undefined) return undefined
  return `${needed} vCPUs needed, ${used} of ${limit} in use`
}
