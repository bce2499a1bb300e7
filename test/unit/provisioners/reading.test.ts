import { describe, expect, it } from 'vitest'
import type { ConditionView } from '#src/api/objects.ts'
import { readClaim } from '#src/provisioners/node-claim.ts'

const read = (...conditions: ConditionView[]) => readClaim({ metadata: { name: 'ws0-0' }, status: { conditions } })
const isTrue = (type: string) => ({ type, status: 'True' })

describe('a claim', () => {
  it('is pending with what it has not reached, in the words of its provisioner', () => {
    expect(readClaim({ metadata: { name: 'ws0-0' } })).toMatchObject({ phase: 'pending', reason: 'NodeClaimPending' })
    const waiting = { type: 'Launched', status: 'Unknown', reason: 'AwaitingReconciliation', message: 'soon' }
    expect(read(waiting)).toMatchObject({ phase: 'pending', message: 'NodeClaim ws0-0 is not Launched: soon' })
    const unregistered = { type: 'Registered', status: 'Unknown', reason: 'NodeNotFound', message: 'no node' }
    expect(read(isTrue('Launched'), unregistered)).toMatchObject({
      phase: 'pending',
      message: /not Registered: no node/,
    })
  })

  it('has failed where its launch was refused, although Karpenter calls that Unknown and tries again', () => {
    const refused = { type: 'Launched', status: 'Unknown', reason: 'LaunchFailed', message: 'no capacity' }
    expect(read(refused)).toMatchObject({ phase: 'failed', message: /no capacity/ })
    expect(read(isTrue('Launched'), { type: 'Registered', status: 'False' })).toMatchObject({ phase: 'failed' })
  })

  it.each([
    [
      'CloudQuotaExceeded',
      'Operation could not be completed as it results in exceeding approved standardNCADSA100v4Family Cores quota. Additional details - Deployment Model: Resource Manager, Location: eastus2, Current Limit: 0, Current Usage: 0, Additional Required: 24, (Minimum) New Limit Required: 24.',
    ],
    ['CloudQuotaExceeded', 'ErrCode_InsufficientVCPUQuota: Insufficient vcpu quota requested 24, remaining 0'],
    [
      'CloudQuotaExceeded',
      'VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 0',
    ],
    [
      'SkuNotInRegion',
      "SkuNotAvailable: The requested VM size 'Standard_NC24ads_A100_v4' is not available in the current region",
    ],
    ['SkuNotInRegion', 'The VM size of Standard_NC6s_v3 is not supported in location eastus2'],
    [
      'SkuNotInRegion',
      'Unsupported: Your requested instance type (p5.48xlarge) is not supported in your requested Availability Zone (us-east-1e)',
    ],
    [
      'CapacityUnavailable',
      'ZonalAllocationFailed: Allocation failed. We do not have sufficient capacity for the VM size',
    ],
    ['CapacityUnavailable', 'InsufficientInstanceCapacity: We currently do not have sufficient p5.48xlarge capacity'],
    [
      'CapacityUnavailable',
      'creating instance, insufficient capacity, all requested instance types were unavailable during launch',
    ],
    ['NodeClaimFailed', 'the NodeClass default is not ready'],
  ])('says %s where the cloud says: %s', (reason, message) => {
    const state = read({ type: 'Launched', status: 'Unknown', reason: 'LaunchFailed', message })
    expect(state).toMatchObject({ phase: 'failed', reason, message: expect.stringContaining(message) })
  })

  it('says what a quota lacks, in numbers', () => {
    const message = 'exceeding quota: Current Limit: 10, Current Usage: 4, Additional Required: 24'
    const state = read({ type: 'Launched', status: 'Unknown', reason: 'LaunchFailed', message })
    expect(state).toMatchObject({
      message: expect.stringMatching(/^24 vCPUs needed, 4 of 10 in use: NodeClaim ws0-0 is not Launched/),
    })
  })

  it('is ready when its node is', () => {
    expect(read(...['Launched', 'Registered', 'Initialized'].map(isTrue))).toEqual({ phase: 'ready' })
  })
})
