import { describe, expect, test } from 'vitest'
import { exitCode, failed, terminationMessage } from '#jobs/steps/outcome.ts'
import { ENDS } from '#src/contract/ends.ts'

describe('termination messages', () => {
  test('stay below 4096 bytes, whatever the message', () => {
    for (const message of ['x'.repeat(10_000), '"'.repeat(10_000), '数'.repeat(5000), '🙂'.repeat(3000)]) {
      const text = terminationMessage(failed('PushFailed', message))
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096)
      expect(JSON.parse(text)).toMatchObject({ reason: 'PushFailed', message: expect.stringMatching(/…$/) })
    }
  })

  test('a long list is cut and says so', () => {
    const files = Array.from({ length: 100 }, (_, i) => ({ url: `https://host/${i}`, sha256: 'a'.repeat(64) }))
    const text = terminationMessage({ ok: true, result: { files, total: 5 } })
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096)
    expect(JSON.parse(text).result).toMatchObject({ total: 5, truncated: true })
  })

  test('a short one is left alone', () => {
    expect(terminationMessage({ ok: true, result: { a: [1] } })).toBe('{"result":{"a":[1]}}')
    expect(exitCode({ ok: true, result: {} })).toBe(0)
    expect(exitCode(failed('PushDenied', ''))).toBe(ENDS.PushDenied.exitCode)
  })
})
