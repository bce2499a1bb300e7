import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { APIError } from 'openai'
import { afterAll, describe, expect, test } from 'vitest'
import type { GatewayConfig } from '#src/contract/gateway.ts'
import { gatewayRig } from './gateway-rig.ts'

const rig = gatewayRig()

const WHOLE_KEY = 'a-key-for-everything-1'
const TUNED_KEY = 'a-key-for-tuned-only-2'

const folder = mkdtempSync(join(tmpdir(), 'api-keys-'))
writeFileSync(join(folder, 'team-a'), `${WHOLE_KEY}\n`)
writeFileSync(join(folder, 'team-b'), `${TUNED_KEY} tuned`)
writeFileSync(join(folder, 'short'), 'abc')
writeFileSync(join(folder, 'empty'), '')
writeFileSync(join(folder, '..data'), 'a-key-that-is-the-kubelets')
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs with a gateway of one more setting. */
async function withDoor(more: Partial<GatewayConfig>, run: (base: string) => Promise<void>): Promise<void> {
  const door = rig.build(more)
  const base = await door.server.listen({ host: '127.0.0.1', port: 0 })
  try {
    await run(base)
  } finally {
    await door.server.close()
  }
}

const client = (base: string, apiKey = 'none') => new OpenAI({ baseURL: `${base}/v1`, apiKey, maxRetries: 0 })
const ask = (openai: OpenAI, model: string) =>
  openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hi' }] })

const errorOf = async (work: Promise<unknown>): Promise<APIError> => {
  try {
    await work
  } catch (error) {
    if (error instanceof APIError) return error
    throw error
  }
  throw new Error('it was not refused')
}

describe('the OpenAI client', () => {
  test('lists models, retrieves one, and is told which there is not', async () => {
    const openai = client(rig.url)
    expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['base', 'tuned'])
    expect(await openai.models.retrieve('tuned')).toMatchObject({ id: 'tuned' })
    const error = await errorOf(openai.models.retrieve('none/such'))
    expect(error).toMatchObject({ status: 404, code: 'model_not_found' })
    expect(error.message).toContain('"none/such"')
  })

  test('says why a request failed, whatever it failed for', async () => {
    const long = 'x'.repeat(33 * 1_048_576)
    const openai = client(rig.url)
    const tooLarge = await errorOf(openai.completions.create({ model: 'base', prompt: long }))
    expect(tooLarge).toMatchObject({ status: 413, type: 'BadRequestError' })
    expect(tooLarge.message).not.toBe('413 status code (no body)')
    expect(await errorOf(openai.post('/files', { body: {} }))).toMatchObject({ status: 404, type: 'NotFoundError' })
    rig.engine.hold = (response) => response.destroy()
    expect(await errorOf(ask(openai, 'base'))).toMatchObject({ status: 503, type: 'ServiceUnavailableError' })
  })
})

describe('request ids', () => {
  test("a client's own id reaches the engine and comes back; else there is one all the same", async () => {
    const own = await rig.post('/v1/completions', { model: 'base' })
    expect(own.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(rig.engine.seen[0]?.headers['x-request-id']).toBe(own.headers.get('x-request-id'))
    const headers = { 'x-request-id': 'order-17', 'content-type': 'application/json' }
    const given = await fetch(`${rig.url}/v1/completions`, { method: 'POST', body: '{"model":"base"}', headers })
    expect(given.headers.get('x-request-id')).toBe('order-17')
    expect(rig.engine.seen[1]?.headers['x-request-id']).toBe('order-17')
  })

  test('an id that should not stand in a log is replaced', async () => {
    const headers = { 'x-request-id': 'a b\tc' }
    expect((await fetch(`${rig.url}/health`, { headers })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

test("/v1/messages reaches the engine with Anthropic's version, and is refused in Anthropic's shape", async () => {
  const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' }
  const body = '{"model":"base","max_tokens":50,"messages":[{"role":"user","content":"Hi"}]}'
  await fetch(`${rig.url}/v1/messages`, { method: 'POST', body, headers })
  expect(rig.engine.seen[0]).toMatchObject({
    path: '/v1/messages',
    body,
    headers: { 'anthropic-version': '2023-06-01' },
  })
  rig.engine.hold = (response) => response.destroy()
  const away = await rig.post('/v1/messages', body)
  expect(away).toMatchObject({ status: 503, body: { type: 'error', error: { type: 'overloaded_error' } } })
})

describe('API keys', () => {
  const keys = { apiKeys: folder }

  test('let in whoever has one, and nobody else', () =>
    withDoor(keys, async (base) => {
      expect((await ask(client(base, WHOLE_KEY), 'base')).choices[0]?.message.content).toBe('base says hello')
      for (const wrong of ['', 'abc', 'a-key-that-is-the-kubelets', `${WHOLE_KEY}x`, `${TUNED_KEY} tuned`]) {
        const refused = await fetch(`${base}/v1/models`, { headers: { authorization: `Bearer ${wrong}` } })
        expect([wrong, refused.status]).toEqual([wrong, 401])
      }
      const none = await errorOf(ask(client(base), 'base'))
      expect(none).toMatchObject({ status: 401, code: 'invalid_api_key' })
      const anthropic = { 'x-api-key': WHOLE_KEY, 'content-type': 'application/json' }
      const body = '{"model":"base"}'
      expect((await fetch(`${base}/v1/messages`, { method: 'POST', body, headers: anthropic })).status).toBe(200)
    }))

  test.each(['/chat', '/v1/completions', '/v1/messages', '/tokenize', '/v1/models/base', '/none'])(
    '%s asks for a key before it reads a body',
    (path) =>
      withDoor(keys, async (base) => {
        const method = path === '/v1/models/base' ? 'GET' : 'POST'
        const answer = await fetch(base + path, { method, ...(method === 'POST' ? { body: '{"model":"base"}' } : {}) })
        expect(answer.status).toBe(401)
        expect(rig.engine.seen).toEqual([])
      }),
  )

  test('probes and metrics need none', () =>
    withDoor(keys, async (base) => {
      for (const path of ['/', '/health', '/healthz', '/ready', '/metrics']) {
        expect([path, (await fetch(base + path)).status]).toEqual([path, 200])
      }
    }))

  test('for some models let in to these only, and show no others', () =>
    withDoor(keys, async (base) => {
      const openai = client(base, TUNED_KEY)
      expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['tuned'])
      expect(await errorOf(openai.models.retrieve('base'))).toMatchObject({ status: 404 })
      expect((await ask(openai, 'tuned')).choices[0]?.message.content).toBe('tuned says hello')
      expect(await errorOf(ask(openai, 'base'))).toMatchObject({ status: 404, code: 'model_not_found' })
      const headers = { authorization: `Bearer ${TUNED_KEY}`, 'content-type': 'application/json' }
      const post = async (path: string, body: string) =>
        (await fetch(base + path, { method: 'POST', body, headers })).status
      expect(await post('/v1/completions', '{"prompt":"x"}')).toBe(400)
      expect(await post('/v1/completions', '{"model":["base"],"prompt":"x"}')).toBe(400)
      expect(await post('/chat', '{"prompt":"x","model":"base"}')).toBe(404)
      expect(await post('/chat', '{"prompt":"x"}')).toBe(200)
      rig.engine.seen.length = 0
      // Whichever of the two an engine would have taken, it gets the one that was checked.
      expect(await post('/v1/completions', '{"model":"base","prompt":"x","model":"tuned"}')).toBe(200)
      expect(rig.sent('/v1/completions')).toEqual({ model: 'tuned', prompt: 'x' })
    }))

  test('a folder that is not there lets nobody in', () =>
    withDoor({ apiKeys: join(folder, 'gone') }, async (base) => {
      expect(await errorOf(ask(client(base, WHOLE_KEY), 'base'))).toMatchObject({ status: 401 })
    }))
})

describe('pages of other origins', () => {
  const asking = (base: string, origin: string) =>
    fetch(`${base}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })

  test('may ask where their origin is allowed, and read a refusal', () =>
    withDoor({ allowedOrigins: ['http://ui.test'], apiKeys: folder }, async (base) => {
      const preflight = await asking(base, 'http://ui.test')
      expect(preflight.status).toBe(204)
      expect(preflight.headers.get('access-control-allow-origin')).toBe('http://ui.test')
      expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,content-type')
      const refused = await fetch(`${base}/v1/models`, { headers: { origin: 'http://ui.test' } })
      expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, 'http://ui.test'])
      expect((await asking(base, 'http://evil.test')).headers.get('access-control-allow-origin')).toBeNull()
    }))

  test('any may where all are allowed, and none where nothing is said', async () => {
    await withDoor({ allowedOrigins: ['*'] }, async (base) => {
      expect((await asking(base, 'http://any.test')).headers.get('access-control-allow-origin')).toBe('*')
    })
    const preflight = await asking(rig.url, 'http://ui.test')
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([404, null])
  })
})

test('more requests than there is room for are told when to come back; the next is let in again', () =>
  withDoor({ maxRequests: 2 }, async (base) => {
    const held: (() => void)[] = []
    rig.engine.hold = (response) => {
      held.push(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[]}'))
    }
    const openai = client(base)
    const waiting = [ask(openai, 'base'), ask(openai, 'base')]
    await expect.poll(() => held.length).toBe(2)
    const refused = await errorOf(ask(openai, 'base'))
    expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    expect(Number(refused.headers?.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect((await rig.post('/chat', { prompt: 'x' }, base)).status).toBe(429)
    expect((await fetch(`${base}/ready`)).status).toBe(200)
    for (const release of held) release()
    await Promise.all(waiting)
    rig.engine.hold = undefined
    await expect.poll(async () => (await rig.post('/v1/completions', { model: 'base' }, base)).status).toBe(200)
  }))
