import { describe, expect, test } from 'vitest'
import { EXIT_CODES, exitCode, failed, terminationMessage } from '#jobs/steps/outcome.ts'
import { readSpec } from '#jobs/steps/spec.ts'

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
    expect(exitCode(failed('PushDenied', ''))).toBe(EXIT_CODES.PushDenied)
  })
})

describe('step specs', () => {
  test.each([[undefined], [''], ['null'], ['[]'], ['{']])('%j is not a spec', (json) => {
    expect(readSpec(json, () => 1)).toEqual({ ok: false, message: 'KAITO_STEP does not hold a JSON object' })
  })

  test('inherited names are not fields', () => {
    const json = '{"__proto__":{"image":"x"}}'
    expect(readSpec(json, (fields) => fields.text('image'))).toMatchObject({
      ok: false,
      message: 'KAITO_STEP: image must be a text',
    })
    expect(readSpec('{}', (fields) => fields.optionalText('toString'))).toEqual({ ok: true, spec: undefined })
  })

  test('folders are absolute and do not climb', () => {
    expect(readSpec('{"a":"/x/../y"}', (fields) => fields.folder('a')).ok).toBe(false)
    expect(readSpec('{"a":"x"}', (fields) => fields.folder('a')).ok).toBe(false)
    expect(readSpec('{"a":"/x"}', (fields) => fields.folder('a'))).toEqual({ ok: true, spec: '/x' })
  })

  test('faults within lists name their place', () => {
    const read = readSpec('{"a":[{"n":1},{"n":"x"}]}', (fields) => fields.items('a', (item) => item.number('n')))
    expect(read).toEqual({ ok: false, message: 'KAITO_STEP: a[1].n must be a finite number' })
  })
})
