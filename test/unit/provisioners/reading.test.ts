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

  it('is ready when its node is', () => {
    expect(read(...['Launched', 'Registered', 'Initialized'].map(isTrue))).toEqual({ phase: 'ready' })
  })
})
