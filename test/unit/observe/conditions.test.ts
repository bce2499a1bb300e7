import { describe, expect, it } from 'vitest'
import { type Finding, toConditions } from '#src/observe/conditions.ts'

const verdict = (status: Finding['status'], message = 'm'): Finding => ({
  type: 'Ready',
  status,
  reason: 'Queued',
  message,
})
const before = toConditions([verdict('False')], [], 1, 0)

describe('conditions', () => {
  it('keep their time while only reason or message change', () => {
    expect(toConditions([verdict('False', 'other')], before, 2, 60_000)[0]).toMatchObject({
      lastTransitionTime: '1970-01-01T00:00:00Z',
      observedGeneration: 2,
      message: 'other',
    })
  })

  it('have a new time when the status changes', () => {
    expect(toConditions([verdict('True')], before, 1, 60_500)[0]?.lastTransitionTime).toBe('1970-01-01T00:01:00Z')
  })

  it('have messages of at most 1024 characters', () => {
    const [condition] = toConditions([verdict('False', 'x'.repeat(5000))], [], 1, 0)
    expect(condition?.message).toHaveLength(1024)
    expect(condition?.message.endsWith('…')).toBe(true)
  })
})
