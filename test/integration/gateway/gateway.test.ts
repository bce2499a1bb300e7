import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parseGatewayConfig } from '#src/gateway/config.ts'
import { buildGateway, type Gateway } from '#src/gateway/server.ts'
import { type EngineSample, startEngineSample } from './engine-sample.ts'

let engine: EngineSample
let gateway: Gateway
let url: string

beforeAll(async () => {
  engine = await startEngineSample(['base', 'tuned'])
  gateway = build({})
  url = await gateway.server.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await gateway.server.close()
  await engine.stop()
})
afterEach(() => {
  engine.seen.length = 0
  engine.stream = undefined
  engine.hold = undefined
  engine.healthy = true
  engine.chat = true
  engine.models = ['base', 'tuned']
})

function build(more: object): Gateway {
  const settings = { upstream: engine.url, baseModel: 'base', adapters: ['tuned'], logLevel: 'silent', ...more }
  const parsed = parseGatewayConfig(JSON.stringify(settings))
  if (!parsed.ok) throw new Error(parsed.message)
  return buildGateway(parsed.config)
}

async function post(path: string, body: unknown, base = url) {
  const response = await fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

const sent = (path: string) => JSON.parse(engine.seen.find((seen) => seen.path === path)?.body ?? 'null')

describe('POST /chat', () => {
  test("puts the prompt into the model's chat template, as in training, and answers by the only adapter", async () => {
    const answer = await post('/chat', { prompt: 'What is AI?' })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ Result: 'What is AI?\ntuned says hello' })
    expect(answer.headers.get('x-kaito-model')).toBe('tuned')
    expect(answer.headers.get('x-kaito-finish-reason')).toBe('stop')
    expect(sent('/v1/chat/completions').messages).toEqual([{ role: 'user', content: 'What is AI?' }])
  })

  test('asks a model without a chat template as it is, and learns that once', async () => {
    engine.chat = false
    const alone = build({})
    const base = await alone.server.listen({ host: '127.0.0.1', port: 0 })
    expect((await post('/chat', { prompt: 'What is AI?' }, base)).body).toEqual({ Result: 'What is AI? (by tuned)' })
    expect((await post('/chat', { prompt: 'And ML?' }, base)).body).toEqual({ Result: 'And ML? (by tuned)' })
    expect(engine.seen.map(({ path }) => path)).toEqual(['/v1/chat/completions', '/v1/completions', '/v1/completions'])
    const messages = [{ role: 'user', content: 'x' }]
    expect((await post('/chat', { messages }, base)).status).toBe(400)
    await alone.server.close()
  })

  test.each([
    ['no content at all', { content: null }, 'length', ''],
    ['thoughts only', { content: null, reasoning_content: 'Let me' }, 'length', 'Let me'],
  ])('an answer with %s is an answer, and says why it ended', async (_, message, reason, text) => {
    engine.hold = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ choices: [{ message, finish_reason: reason }] }))
    }
    const answer = await post('/chat', { prompt: 'x', return_full_text: false })
    expect(answer).toMatchObject({ status: 200, body: { Result: text } })
    expect(answer.headers.get('x-kaito-finish-reason')).toBe(reason)
  })

  test('gives a raw prompt to the model as KAITO did: the prompt first', async () => {
    const answer = await post('/chat', { prompt: 'What is AI?', raw: true })
    expect(answer.body).toEqual({ Result: 'What is AI? (by tuned)' })
    expect(sent('/v1/completions')).toEqual({
      model: 'tuned',
      prompt: 'What is AI?',
      max_tokens: 200,
      temperature: 1,
      top_k: 10,
      top_p: 1,
    })
  })

  test('return_full_text false leaves the prompt out, and the base model answers where it is named', async () => {
    const answer = await post('/chat', { prompt: 'Hi', return_full_text: false, model: 'base' })
    expect(answer.body).toEqual({ Result: 'base says hello' })
    expect(answer.headers.get('x-kaito-model')).toBe('base')
  })

  test('a body without a content type is read all the same, as curl -d sends a wrong one', async () => {
    const response = await fetch(`${url}/chat`, {
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
    const answer = await post('/chat', { prompt: 'one two three', generate_kwargs: kwargs })
    expect(answer.headers.get('x-kaito-ignored')).toBe('num_beams')
    expect(sent('/v1/chat/completions')).toMatchObject({
      max_tokens: 47,
      temperature: 0,
      top_k: -1,
      repetition_penalty: 1.1,
    })
  })

  test('a prompt longer than max_length is told so', async () => {
    const answer = await post('/chat', { prompt: 'a b c d e', generate_kwargs: { max_length: 5 } })
    expect(answer.status).toBe(400)
    expect(answer.body.detail).toMatch(/5 tokens and max_length, which counts them, is 5/)
  })

  test('messages go to the chat model', async () => {
    const messages = [{ role: 'user', content: 'hello' }]
    const answer = await post('/chat', { messages })
    expect(answer.body).toEqual({ Result: 'tuned says hello' })
    expect(sent('/v1/chat/completions').messages).toEqual(messages)
  })

  test.each([
    ['{}', 400, 'Text generation parameter prompt required'],
    ['{"prompt":""}', 400, 'Text generation parameter prompt required'],
    ['{"messages":[]}', 400, 'Conversational parameter messages required'],
    ['not json', 400, 'the body is not JSON'],
    ['', 400, 'the body is not JSON'],
  ])('refuses %s with a detail', async (body, status, detail) => {
    expect(await post('/chat', body)).toMatchObject({ status, body: { detail } })
  })

  test.each([
    ['prompt', { prompt: 5 }],
    ['generate_kwargs', { prompt: 'x', generate_kwargs: 'many' }],
    ['return_full_text', { prompt: 'x', return_full_text: 'yes' }],
    ['max_length', { prompt: 'x', generate_kwargs: { max_length: 'long' } }],
  ])('names the field of a wrong type: %s', async (field, body) => {
    const answer = await post('/chat', body)
    expect(answer.status).toBe(422)
    expect(answer.body.detail[0].loc.at(-1)).toBe(field)
  })

  test('a client that hangs up stops the engine', async () => {
    const client = new AbortController()
    const hungUp = new Promise<void>((resolve) => {
      engine.hold = (response) => {
        response.on('close', resolve)
        client.abort()
      }
    })
    const asked = fetch(`${url}/chat`, { method: 'POST', body: '{"prompt":"x"}', signal: client.signal })
    await expect(asked).rejects.toThrow(/abort/)
    await hungUp
  })

  test('an unknown model is 404 and names those that are served', async () => {
    const answer = await post('/chat', { prompt: 'x', model: 'other' })
    expect(answer).toMatchObject({
      status: 404,
      body: { detail: 'the model "other" is not served here; served are base, tuned' },
    })
  })

  test('several adapters leave the default to the base model', async () => {
    const two = build({ adapters: ['tuned', 'second'] })
    const base = await two.server.listen({ host: '127.0.0.1', port: 0 })
    expect((await post('/chat', { prompt: 'x' }, base)).headers.get('x-kaito-model')).toBe('base')
    await two.server.close()
  })

  test('an engine that is away is a 503 with the reason', async () => {
    const alone = build({ upstream: 'http://127.0.0.1:9' })
    const base = await alone.server.listen({ host: '127.0.0.1', port: 0 })
    const answer = await post('/chat', { prompt: 'x' }, base)
    expect(answer).toMatchObject({ status: 503, body: { detail: expect.stringMatching(/does not listen yet/) } })
    expect((await fetch(`${base}/health`)).status).toBe(503)
    expect(await (await fetch(`${base}/ready`)).json()).toMatchObject({ detail: expect.stringMatching(/loading/) })
    expect((await post('/v1/completions', {}, base)).body.error.message).toMatch(/does not listen yet/)
    await alone.server.close()
  })
})

describe('the OpenAI routes', () => {
  test("pass a request on unchanged, without what is not the engine's business", async () => {
    const body = '{"model":"base",  "messages":[]}'
    const response = await fetch(`${url}/v1/chat/completions?x=1`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', authorization: 'Bearer secret', cookie: 'a=b', traceparent: 't' },
    })
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'base says hello' } }] })
    const seen = engine.seen[0]
    expect(seen).toMatchObject({ path: '/v1/chat/completions', body, headers: { traceparent: 't' } })
    expect(seen?.headers).not.toHaveProperty('authorization')
    expect(seen?.headers).not.toHaveProperty('cookie')
  })

  test("the engine's own errors arrive as they are", async () => {
    const answer = await post('/v1/chat/completions', { model: 'nobody' })
    expect(answer).toMatchObject({ status: 404, body: { error: { message: 'The model nobody does not exist.' } } })
  })

  test('events arrive one by one, not when the answer is complete', async () => {
    let next: (() => void) | undefined
    engine.stream = (response) => {
      response.write('data: 1\n\n')
      next = () => response.end('data: 2\n\n')
    }
    const response = await openStream()
    const first = await once(response, 'data')
    expect(String(first[0])).toBe('data: 1\n\n')
    expect(response.headers['x-accel-buffering']).toBe('no')
    next?.()
    const second = await once(response, 'data')
    expect(String(second[0])).toBe('data: 2\n\n')
  })

  test('a client that hangs up stops the engine', async () => {
    const hungUp = new Promise<void>((resolve) => {
      engine.stream = (response) => {
        response.write('data: 1\n\n')
        response.on('close', resolve)
      }
    })
    const response = await openStream()
    await once(response, 'data')
    response.destroy()
    await hungUp
  })

  test('an engine that breaks off in mid-answer ends it at once, with an event that says so', async () => {
    let breakOff: (() => void) | undefined
    engine.stream = (response) => {
      response.write('data: 1\n\n')
      breakOff = () => response.destroy()
    }
    const response = await openStream()
    await once(response, 'data')
    const end = once(response, 'end')
    let rest = ''
    response.on('data', (chunk) => {
      rest += chunk
    })
    breakOff?.()
    await end
    expect(JSON.parse(rest.trim().replace(/^data: /, ''))).toMatchObject({ error: { code: 503 } })
    expect(rest).not.toContain('[DONE]')
  })

  test.each([
    ['POST', '/v1/load_lora_adapter'],
    ['POST', '/v1/unload_lora_adapter'],
    ['POST', '/sleep'],
    ['POST', '/v1/../v1/load_lora_adapter'],
    ['POST', '//v1/load_lora_adapter'],
    ['POST', '/v1/%6coad_lora_adapter'],
    ['POST', '/v1/completions/../load_lora_adapter'],
    ['GET', '/v1/completions'],
    ['DELETE', '/v1/models'],
  ])('%s %s is not there and never reaches the engine', async (method, path) => {
    const { hostname, port } = new URL(url)
    const request = httpRequest({ hostname, port, method, path, headers: { 'content-type': 'application/json' } })
    request.end(method === 'POST' ? '{}' : undefined)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(404)
    expect(engine.seen).toEqual([])
  })

  test('a body over the limit is refused before the engine sees it', async () => {
    const answer = await post('/v1/completions', `"${'x'.repeat(33 * 1_048_576)}"`)
    expect(answer.status).toBe(413)
    expect(engine.seen).toEqual([])
  })
})

describe('probes', () => {
  test('health follows the engine, readiness also wants every adapter', async () => {
    expect((await fetch(`${url}/health`)).status).toBe(200)
    expect((await fetch(`${url}/ready`)).status).toBe(200)
    engine.models = ['base']
    expect((await fetch(`${url}/health`)).status).toBe(200)
    const ready = await fetch(`${url}/ready`)
    expect([ready.status, await ready.json()]).toEqual([503, { detail: 'the engine does not serve tuned yet' }])
    engine.healthy = false
    expect((await fetch(`${url}/health`)).status).toBe(503)
  })

  test("metrics are the engine's, and the root answers as it always did", async () => {
    expect(await (await fetch(`${url}/metrics`)).text()).toBe('vllm:num_requests_running 0\n')
    expect(await (await fetch(`${url}/`)).json()).toEqual({ message: 'Server is running' })
  })

  test('draining makes the pod unready while answers go on', async () => {
    const leaving = build({})
    const base = await leaving.server.listen({ host: '127.0.0.1', port: 0 })
    leaving.startDraining()
    expect((await fetch(`${base}/ready`)).status).toBe(503)
    expect((await post('/chat', { prompt: 'x' }, base)).status).toBe(200)
    await leaving.server.close()
  })
})

async function openStream(): Promise<IncomingMessage> {
  const headers = { 'content-type': 'application/json' }
  const request = httpRequest(`${url}/v1/completions`, { method: 'POST', headers })
  request.end('{"model":"tuned","stream":true}')
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}
