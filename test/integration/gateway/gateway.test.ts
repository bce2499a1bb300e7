import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { gatewayRig } from './gateway-rig.ts'

const rig = gatewayRig()

describe('the OpenAI routes', () => {
  test("pass a request on unchanged, without what is not the engine's business", async () => {
    const body = '{"model":"base",  "messages":[]}'
    const response = await fetch(`${rig.url}/v1/chat/completions?x=1`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', authorization: 'Bearer secret', cookie: 'a=b', traceparent: 't' },
    })
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'base says hello' } }] })
    const seen = rig.engine.seen[0]
    expect(seen).toMatchObject({ path: '/v1/chat/completions', body, headers: { traceparent: 't' } })
    expect(seen?.headers).not.toHaveProperty('authorization')
    expect(seen?.headers).not.toHaveProperty('cookie')
  })

  test("the engine's own errors arrive as they are", async () => {
    const answer = await rig.post('/v1/chat/completions', { model: 'nobody' })
    expect(answer).toMatchObject({ status: 404, body: { error: { message: 'The model nobody does not exist.' } } })
  })

  test('events arrive one by one, not when the answer is complete', async () => {
    let next: (() => void) | undefined
    rig.engine.stream = (response) => {
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
      rig.engine.stream = (response) => {
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
    rig.engine.stream = (response) => {
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
    const { hostname, port } = new URL(rig.url)
    const request = httpRequest({ hostname, port, method, path, headers: { 'content-type': 'application/json' } })
    request.end(method === 'POST' ? '{}' : undefined)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(404)
    expect(rig.engine.seen).toEqual([])
  })

  test('a body over the limit is refused before the engine sees it', async () => {
    const answer = await rig.post('/v1/completions', `"${'x'.repeat(33 * 1_048_576)}"`)
    expect(answer.status).toBe(413)
    expect(rig.engine.seen).toEqual([])
  })
})

describe('probes', () => {
  test('health follows the engine, readiness also wants every adapter', async () => {
    expect((await fetch(`${rig.url}/health`)).status).toBe(200)
    expect((await fetch(`${rig.url}/ready`)).status).toBe(200)
    rig.engine.models = ['base']
    expect((await fetch(`${rig.url}/health`)).status).toBe(200)
    const ready = await fetch(`${rig.url}/ready`)
    expect([ready.status, await ready.json()]).toEqual([503, { detail: 'the engine does not serve tuned yet' }])
    rig.engine.healthy = false
    expect((await fetch(`${rig.url}/health`)).status).toBe(503)
  })

  test("metrics are the engine's, and the root answers as it always did", async () => {
    expect(await (await fetch(`${rig.url}/metrics`)).text()).toBe('vllm:num_requests_running 0\n')
    expect(await (await fetch(`${rig.url}/`)).json()).toEqual({ message: 'Server is running' })
  })

  test('draining makes the pod unready while answers go on', async () => {
    const leaving = rig.build({})
    const base = await leaving.server.listen({ host: '127.0.0.1', port: 0 })
    leaving.startDraining()
    expect((await fetch(`${base}/ready`)).status).toBe(503)
    expect((await rig.post('/chat', { prompt: 'x' }, base)).status).toBe(200)
    await leaving.server.close()
  })
})

async function openStream(): Promise<IncomingMessage> {
  const headers = { 'content-type': 'application/json' }
  const request = httpRequest(`${rig.url}/v1/completions`, { method: 'POST', headers })
  request.end('{"model":"tuned","stream":true}')
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}
