import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseModel, readChatRequest } from '#src/gateway/chat-request.ts'
import { readGenerateKwargs } from '#src/gateway/generate-kwargs.ts'

describe('the model that answers', () => {
  test.each([
    [undefined, [], 'base'],
    [undefined, ['a'], 'a'],
    [undefined, ['a', 'b'], 'base'],
    ['base', ['a'], 'base'],
    ['other', ['a'], 'other'],
  ])('asked %s with adapters %o is %s', (asked, adapters, model) => {
    expect(chooseModel(asked, 'base', adapters)).toBe(model)
  })
})

describe('chat requests', () => {
  test('the prefix goes before the prompt, nulls count as absent', () => {
    const body = {
      prompt: 'p',
      prefix: 'x ',
      model: null,
      return_full_text: null,
      generate_kwargs: null,
      messages: null,
    }
    expect(readChatRequest(body)).toMatchObject({ request: { prompt: 'x p', model: undefined, returnFullText: true } })
  })

  test('a prompt wins over messages', () => {
    expect(readChatRequest({ prompt: 'p', messages: [{}] })).toMatchObject({ request: { kind: 'prompt' } })
  })

  test('nothing that JSON can hold makes the reader throw', () => {
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record({
        prompt: fc.jsonValue(),
        messages: fc.jsonValue(),
        generate_kwargs: fc.jsonValue(),
        model: fc.jsonValue(),
      }),
    )
    fc.assert(
      fc.property(body, (value) => void readChatRequest(value)),
      { numRuns: 2000 },
    )
  })
})

describe('generate_kwargs', () => {
  const fields = (kwargs: Record<string, unknown>) => {
    const read = readGenerateKwargs(kwargs)
    return read.ok ? read.sampling : read
  }

  test("the defaults are KAITO's", () => {
    expect(fields({})).toEqual({
      fields: { temperature: 1, top_k: 10, top_p: 1 },
      maxNewTokens: 200,
      maxLength: undefined,
    })
  })

  test.each([
    [{ max_length: 5 }, { maxLength: 5, maxNewTokens: undefined }],
    [
      { max_length: 5, max_new_tokens: 7 },
      { maxNewTokens: 7, maxLength: undefined },
    ],
    [{ top_k: 0 }, { fields: { top_k: -1 } }],
    [{ do_sample: false, temperature: 0.9 }, { fields: { temperature: 0 } }],
    [{ eos_token_id: 2 }, { fields: { stop_token_ids: [2] } }],
    [{ stop_strings: ['a'] }, { fields: { stop: ['a'] } }],
    [{ min_new_tokens: 3, seed: 1 }, { fields: { min_tokens: 3, seed: 1 } }],
  ])('%o is understood', (kwargs, sampling) => expect(fields(kwargs)).toMatchObject(sampling))

  test('every default of the old API is accepted without a word', () => {
    const kwargs = {
      max_length: 200,
      min_length: 0,
      do_sample: true,
      early_stopping: false,
      num_beams: 1,
      temperature: 1,
      top_k: 10,
      top_p: 1,
      typical_p: 1,
      repetition_penalty: 1,
      pad_token_id: null,
      eos_token_id: null,
    }
    expect(readGenerateKwargs(kwargs)).toMatchObject({ ok: true, ignored: [] })
  })

  test.each([
    ['temperature', '1'],
    ['top_p', 0],
    ['top_k', 1.5],
    ['max_new_tokens', 0],
    ['do_sample', 1],
    ['stop_strings', [1]],
  ])('%s: %j is refused', (key, value) =>
    expect(readGenerateKwargs({ [key]: value })).toMatchObject({ ok: false, key }),
  )

  test('names that an object inherits are no parameters', () => {
    expect(readGenerateKwargs({ constructor: 1, toString: 1 })).toMatchObject({
      ok: true,
      ignored: ['constructor', 'toString'],
    })
  })
})
