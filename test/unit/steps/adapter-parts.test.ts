import { describe, expect, test } from 'vitest'
import { checkSafetensors, headerLength } from '#jobs/steps/safetensors.ts'
import { scaleAdapterConfig } from '#jobs/steps/scaled-config.ts'

describe('safetensors headers', () => {
  const check = (header: object | string, data: number) => {
    const json = typeof header === 'string' ? header : JSON.stringify(header)
    return checkSafetensors(json, 8 + Buffer.byteLength(json) + data)
  }
  const tensor = (from: number, to: number, shape = [to - from], dtype = 'U8') => ({
    dtype,
    shape,
    data_offsets: [from, to],
  })

  test('a whole file passes, in any order of tensors, padded with spaces', () => {
    const header = { b: tensor(4, 12, [2], 'F32'), __metadata__: { format: 'pt' }, a: tensor(0, 4) }
    expect(check(`${JSON.stringify(header)}   `, 12)).toEqual({ ok: true, tensors: 2 })
  })

  test.each([
    ['cut short', { a: tensor(0, 8) }, 7, /declares 8 bytes of tensors and holds 7/],
    ['data nobody declared', { a: tensor(0, 8) }, 9, /holds 9/],
    ['a gap', { a: tensor(0, 2), b: tensor(4, 8) }, 8, /gap at byte 2/],
    ['an overlap', { a: tensor(0, 6), b: tensor(4, 8) }, 8, /overlap/],
    ['a shape of another size', { a: tensor(0, 8, [3], 'F32') }, 8, /"a" has no valid/],
    ['no tensors', { __metadata__: {} }, 0, /no tensor/],
    ['no object', '[]', 0, /not a JSON object/],
    ['no JSON', '{"a":', 0, /not a JSON object/],
    ['a negative offset', { a: { dtype: 'U8', shape: [1], data_offsets: [-1, 0] } }, 0, /"a" has no valid/],
  ])('refuses %s', (_, header, data, reason) => {
    expect(check(header, data)).toEqual({ ok: false, reason: expect.stringMatching(reason) })
  })

  test('an absurd header length is no safetensors file', () => {
    expect(headerLength(Buffer.alloc(8, 0xff))).toBeUndefined()
    expect(headerLength(Buffer.alloc(8))).toBeUndefined()
    expect(headerLength(Buffer.alloc(4))).toBeUndefined()
    expect(headerLength(Buffer.from([16, 0, 0, 0, 0, 0, 0, 0]))).toBe(16)
  })
})

describe('strength', () => {
  test('multiplies alpha and the pattern, and leaves the rest', () => {
    const config = { r: 8, lora_alpha: 32, alpha_pattern: { q: 16 }, use_rslora: true }
    expect(scaleAdapterConfig(config, 0.5)).toMatchObject({
      config: { r: 8, lora_alpha: 16, alpha_pattern: { q: 8 }, use_rslora: true },
    })
  })

  test('adds no pattern where there is none', () => {
    const scaled = scaleAdapterConfig({ lora_alpha: 2 }, 0)
    expect(scaled.ok && scaled.config).toEqual({ lora_alpha: 0 })
  })

  test.each([
    [{ lora_alpha: 2 }, Number.NaN],
    [{ lora_alpha: 2 }, 1.5],
    [{ lora_alpha: 2 }, -0.1],
    [{}, 0.5],
    [{ lora_alpha: '2' }, 0.5],
    [{ lora_alpha: 2, alpha_pattern: [1] }, 0.5],
    [{ lora_alpha: 2, alpha_pattern: { q: 'x' } }, 0.5],
  ])('refuses %o at %d', (config, strength) => expect(scaleAdapterConfig(config, strength).ok).toBe(false))
})
