import { describe, expect, test } from 'vitest'
import { gatewayRig } from './gateway-rig.ts'

const rig = gatewayRig()

describe('POST /chat', () => {
  test("puts the prompt into the model's chat template, as in training, and answers by the only adapter", async () => {
    const answer = await rig.post('/chat', { prompt: 'What is AI?' })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ Result: 'What is AI?\ntuned says hello' })
    expect(answer.headers.get('x-kaito-model')).toBe('tuned')
    expect(answer.headers.get('x-kaito-finish-reason')).toBe('stop')
    expect(rig.sent('/v1/chat/completions').messages).toEqual([{ role: 'user', content: 'What is AI?' }])
  })

  test('asks a model without a chat template as it is, and learns that once', async () => {
    rig.engine.chat = false
    const alone = rig.build({})
    const base = await alone.server.listen({ host: '127.0.0.1', port: 0 })
    const answers = await Promise.all([1, 2].map(() => rig.post('/chat', { prompt: 'What is AI?' }, base)))
    for (const { body } of answers) expect(body).toEqual({ Result: 'What is AI? (by tuned)' })
    expect((await rig.post('/chat', { prompt: 'And ML?' }, base)).body).toEqual({ Result: 'And ML? (by tuned)' })
    expect(rig.engine.seen.map(({ path }) => path)).toEqual(['/tokenize', ...Array(3).fill('/v1/completions')])
    const messages = [{ role: 'user', content: 'x' }]
    expect((await rig.post('/chat', { messages }, base)).status).toBe(400)
    await alone.server.close()
  })

  test('whatever a client says that the engine repeats in a refusal, the next prompt goes into the chat template', async () => {
    const words = 'This chat template is no longer allowed'
    rig.engine.hold = (response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message: `cannot parse: ${words}` } }))
    }
    const alone = rig.build({})
    const base = await alone.server.listen({ host: '127.0.0.1', port: 0 })
    const refused = await rig.post('/chat', { prompt: words }, base)
    expect(refused).toMatchObject({ status: 400, body: { detail: `cannot parse: ${words}` } })
    rig.engine.hold = undefined
    expect((await rig.post('/chat', { prompt: 'Hi' }, base)).body).toEqual({ Result: 'Hi\ntuned says hello' })
    const asked = rig.engine.seen.filter(({ path }) => path === '/tokenize')
    expect(asked.map(({ body }) => JSON.parse(body))).toEqual([
      { model: 'base', messages: [{ role: 'user', content: 'Hello' }] },
    ])
    await alone.server.close()
  })

  test('an engine that cannot say whether there is a template is asked again', async () => {
    const alone = rig.build({})
    const base = await alone.server.listen({ host: '127.0.0.1', port: 0 })
    rig.engine.tokenizer = (response) => void response.writeHead(500).end()
    expect((await rig.post('/chat', { prompt: 'Hi' }, base)).body).toEqual({ Result: 'Hi\ntuned says hello' })
    rig.engine.tokenizer = (response) => void response.destroy()
    expect((await rig.post('/chat', { prompt: 'Hi' }, base)).status).toBe(503)
    rig.engine.tokenizer = undefined
    rig.engine.chat = false
    expect((await rig.post('/chat', { prompt: 'Hi' }, base)).body).toEqual({ Result: 'Hi (by tuned)' })
    await alone.server.close()
  })

  test.each([
    ['no content at all', { content: null }, 'length', ''],
    ['thoughts only', { content: null, reasoning_content: 'Let me' }, 'length', 'Let me'],
  ])('an answer with %s is an answer, and says why it ended', async (_, message, reason, text) => {
    rig.engine.hold = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ choices: [{ message, finish_reason: reason }] }))
    }
    const answer = await rig.post('/chat', { prompt: 'x', return_full_text: false })
    expect(answer).toMatchObject({ status: 200, body: { Result: text } })
    expect(answer.headers.get('x-kaito-finish-reason')).toBe(reason)
  })

  test('gives a raw prompt to the model as KAITO did: the prompt first', async () => {
    const answer = await rig.post('/chat', { prompt: 'What is AI?', raw: true })
    expect(answer.body).toEqual({ Result: 'What is AI? (by tuned)' })
    expect(rig.sent('/v1/completions')).toEqual({
      model: 'tuned',
      prompt: 'What is AI?',
      max_tokens: 200,
      temperature: 1,
      top_k: 10,
      top_p: 1,
    })
  })

  test('return_full_text false leaves the prompt out, and the base model answers where it is named', async () => {
    const answer = await rig.post('/chat', { prompt: 'Hi', return_full_text: false, model: 'base' })
    expect(answer.body).toEqual({ Result: 'base says hello' })
    expect(answer.headers.get('x-kaito-model')).toBe('base')
  })

  test('a body without a content type is read all the same, as curl -d sends a wrong one', async () => {
    const response = await fetch(`${rig.url}/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: '{"prompt":"x"}',
    })
    expect(await response.json()).toEqual({ Result: 'x\ntuned says hello' })
  })

  test("generate_kwargs become the engine's, max_length counts the prompt, the unknown is named", async () => {
    const kwargs = {
      max_length: 50,
      do_sample: false,
      repetition_penalty: 1.1,
      num_beams: 4,
      typical_p: 1,
      pad_token_id: 0,
    }
    const answer = await rig.post('/chat', { prompt: 'one two three', generate_kwargs: kwargs })
    expect(answer.headers.get('x-kaito-ignored')).toBe('num_beams')
    expect(rig.sent('/v1/chat/completions')).toMatchObject({
      max_tokens: 47,
      temperature: 0,
      top_k: -1,
      repetition_penalty: 1.1,
    })
  })

  test('a prompt longer than max_length is told so', async () => {
    const answer = await rig.post('/chat', { prompt: 'a b c d e', generate_kwargs: { max_length: 5 } })
    expect(answer.status).toBe(400)
    expect(answer.body.detail).toMatch(/5 tokens and max_length, which counts them, is 5/)
  })

  test('messages go to the chat model', async () => {
    const messages = [{ role: 'user', content: 'hello' }]
    const answer = await rig.post('/chat', { messages })
    expect(answer.body).toEqual({ Result: 'tuned says hello' })
    expect(rig.sent('/v1/chat/completions').messages).toEqual(messages)
  })

  test.each([
    ['{}', 400, 'Text generation parameter prompt required'],
    ['{"prompt":""}', 400, 'Text generation parameter prompt required'],
    ['{"messages":[]}', 400, 'Conversational parameter messages required'],
    ['not json', 400, 'the body is not JSON'],
    ['', 400, 'the body is not JSON'],
  ])('refuses %s with a detail', async (body, status, detail) => {
    expect(await rig.post('/chat', body)).toMatchObject({ status, body: { detail } })
  })

  test.each([
    ['prompt', { prompt: 5 }],
    ['generate_kwargs', { prompt: 'x', generate_kwargs: 'many' }],
    ['return_full_text', { prompt: 'x', return_full_text: 'yes' }],
    ['max_length', { prompt: 'x', generate_kwargs: { max_length: 'long' } }],
  ])('names the field of a wrong type: %s', async (field, body) => {
    const answer = await rig.post('/chat', body)
    expect(answer.status).toBe(422)
    expect(answer.body.detail[0].loc.at(-1)).toBe(field)
  })

  test('a client that hangs up stops the engine', async () => {
    const client = new AbortController()
    const hungUp = new Promise<void>((resolve) => {
      rig.engine.hold = (response) => {
        response.on('close', resolve)
        client.abort()
      }
    })
    const asked = fetch(`${rig.url}/chat`, { method: 'POST', body: '{"prompt":"x"}', signal: client.signal })
    await expect(asked).rejects.toThrow(/abort/)
    await hungUp
  })

  test('an unknown model is 404 and names those that are served', async () => {
    const answer = await rig.post('/chat', { prompt: 'x', model: 'other' })
    expect(answer).toMatchObject({
      status: 404,
      body: { detail: 'the model "other" is not served here; served are base, tuned' },
    })
  })

  test('several adapters leave the default to the base model', async () => {
    const two = rig.build({ adapters: ['tuned', 'second'] })
    const base = await two.server.listen({ host: '127.0.0.1', port: 0 })
    expect((await rig.post('/chat', { prompt: 'x' }, base)).headers.get('x-kaito-model')).toBe('base')
    await two.server.close()
  })

  test('an engine that is away is a 503 with the reason', async () => {
    const alone = rig.build({ upstream: 'http://127.0.0.1:9' })
    const base = await alone.server.listen({ host: '127.0.0.1', port: 0 })
    const answer = await rig.post('/chat', { prompt: 'x' }, base)
    expect(answer).toMatchObject({ status: 503, body: { detail: expect.stringMatching(/does not listen yet/) } })
    expect((await fetch(`${base}/health`)).status).toBe(503)
    expect(await (await fetch(`${base}/ready`)).json()).toMatchObject({ detail: expect.stringMatching(/loading/) })
    expect((await rig.post('/v1/completions', {}, base)).body.error.message).toMatch(/does not listen yet/)
    await alone.server.close()
  })
})
