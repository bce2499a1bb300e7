import { describe, expect, it } from 'vitest'
import { servingRevision } from '#src/desired/serving-revision.ts'

const server = (annotations?: Readonly<Record<string, string>>) =>
  servingRevision({
    metadata: { name: 'phi', uid: 'u', ...(annotations === undefined ? {} : { annotations }) },
    inference: { preset: { name: 'phi-4' } },
  })

describe('what an owner asks to be served', () => {
  it('is another wish with API keys, and with other ones', () => {
    const keys = server({ 'kaito.sh/api-keys': 'keys' })
    expect(keys).not.toBe(server())
    expect(server({ 'kaito.sh/api-keys': 'others' })).not.toBe(keys)
  })

  it('is the same whatever else is noted on it', () => {
    expect(server({ team: 'a' })).toBe(server())
  })
})
