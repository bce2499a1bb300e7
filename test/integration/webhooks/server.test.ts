import { once } from 'node:events'
import { type Socket, connect as tcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Admission } from '#webhooks/admission.ts'
import { defaultTimeouts, type WebhookServer } from '#webhooks/server.ts'
import { agreeable, client, mint, post, REVIEW, serve } from './rig.ts'

const MIB = 1024 * 1024
const bundle = mint()
const ca = bundle.authority.certificate

describe('the webhook server', () => {
  const seen: { refused: string[]; failed: string[] } = { refused: [], failed: [] }
  let server: WebhookServer
  let url: string
  let now = new Date()
  const agent = client(ca)

  beforeAll(async () => {
    const admission: Admission = {
      ...agreeable,
      validate: async (request) => {
        if (request.name === 'bug') throw new Error('a bug')
        return { errors: [], warnings: [] }
      },
    }
    const started = await serve(bundle, {
      admission,
      now: () => now,
      observer: {
        answered: () => {},
        refused: (code, why) => seen.refused.push(`${code} ${why}`),
        failed: ({ id }) => seen.failed.push(id),
      },
    })
    server = started.server
    url = started.url
  })
  afterAll(async () => {
    await agent.close()
    await server.drain()
  })

  it('answers a review', async () => {
    for (const path of ['/validate', '/mutate']) {
      const { code, json } = await post(agent, url + path)
      expect([code, json.kind, json.response.allowed]).toEqual([200, 'AdmissionReview', true])
    }
  })

  it('turns a bug into a 500 with an id, and goes on', async () => {
    const { code, json } = await post(agent, `${url}/validate`, REVIEW.replace('"phi"', '"bug"'))
    expect([code, json.kind]).toEqual([500, 'Status'])
    expect(seen.failed).toHaveLength(1)
    expect(json.message).toContain(seen.failed[0])
    expect((await post(agent, `${url}/validate`)).code).toBe(200)
  })

  it.each([
    ['a body that is no JSON', '/validate', 'hello', 'application/json', 400],
    ['a depth bomb', '/validate', '['.repeat(MIB), 'application/json', 400],
    ['a review of another kind', '/mutate', '{}', 'application/json', 400],
    ['an empty body', '/validate', '', 'application/json', 400],
    ['another content type', '/validate', REVIEW, 'text/plain', 415],
    ['a variant of the content type', '/validate', REVIEW, 'application/json; charset=utf-8', 415],
    ['another path', '/validate/other', REVIEW, 'application/json', 404],
    ['8 MiB', '/validate', Buffer.alloc(8 * MIB, 0x20), 'application/json', 413],
  ])('refuses %s', async (_what, path, body, contentType, code) => {
    const answer = await post(agent, url + path, body, contentType)
    expect(answer.code).toBe(code)
    expect(answer.json).toMatchObject({ kind: 'Status', status: 'Failure', code })
    if (code !== 404) expect(seen.refused.at(-1)).toContain(`${code} `)
  })

  it('takes a review of almost 7 MiB', async () => {
    const filler = 'x'.repeat(6.9 * MIB)
    const answer = await post(
      agent,
      `${url}/validate`,
      REVIEW.replace('"Workspace"}}', `"Workspace","x":"${filler}"}}`),
    )
    expect(answer.code).toBe(200)
  })

  it('is ready while its certificate is valid and nothing is missing, and alive in any case', async () => {
    const ask = async (path: string) => {
      const { statusCode, body } = await agent.request({ origin: url, path, method: 'GET' })
      return `${statusCode} ${await body.text()}`
    }
    expect(await ask('/readyz')).toBe('200 ok')
    now = new Date(Date.now() + 91 * 86_400_000)
    expect(await ask('/readyz')).toBe('503 the certificate has expired')
    expect(await ask('/healthz')).toBe('200 ok')
    now = new Date()
  })

  it('speaks TLS 1.2 and 1.3 and HTTP/1.1 only', async () => {
    const { port } = new URL(url)
    const options = { host: '127.0.0.1', port: Number(port), ca, ALPNProtocols: ['h2', 'http/1.1'] }
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = connect({ ...options, minVersion: version, maxVersion: version })
      await once(socket, 'secureConnect')
      expect([socket.getProtocol(), socket.alpnProtocol]).toEqual([version, 'http/1.1'])
      socket.destroy()
    }
    const old = connect({ ...options, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
    await expect(once(old, 'secureConnect')).rejects.toThrow(/alert|protocol/)
  })
})

describe('a webhook server with slow clients', () => {
  it('hangs up on them while others are served', async () => {
    const timeouts = { ...defaultTimeouts, slowClient: 1_500, leaving: 0 }
    const { server, url } = await serve(bundle, { timeouts })
    const port = Number(new URL(url).port)
    const head = `POST /validate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${REVIEW.length}\r\n`
    const slow = [
      await drip(port, head.repeat(40)), // headers, a byte at a time
      await drip(port, REVIEW, `${head}\r\n`), // the body, a byte at a time
      await drip(port, ''), // nothing after the handshake
    ]
    const silent = tcp(port, '127.0.0.1') // not even a handshake
    silent.on('error', () => {})
    const silentGone = closed(silent)

    const agent = client(ca, 2)
    const started = performance.now()
    let served = 0
    const gone = Promise.all([...slow.map((one) => one.gone), silentGone])
    let waiting = true
    const finished = gone.then(() => {
      waiting = false
    })
    while (waiting && performance.now() - started < 10_000) {
      expect((await post(agent, `${url}/validate`)).code).toBe(200)
      served++
      await sleep(5)
    }
    expect(waiting).toBe(false)
    await finished
    expect(performance.now() - started).toBeLessThan(8_000)
    expect(served).toBeGreaterThan(20)
    await agent.close()
    await server.drain()
  })

  it('keeps an idle connection for longer than it waits for a request', async () => {
    const timeouts = { ...defaultTimeouts, slowClient: 700, leaving: 0 }
    const { server, url } = await serve(bundle, { timeouts })
    const agent = client(ca, 1)
    let connections = 0
    agent.on('connect', () => connections++)
    for (const gapMs of [0, 50, 2_500]) {
      await sleep(gapMs)
      const { code, headers } = await post(agent, `${url}/validate`)
      expect([code, headers['keep-alive']]).toEqual([200, 'timeout=120'])
    }
    expect(connections).toBe(1)
    await agent.close()
    await server.drain()
  })
})

/** A server may also hang up by a reset, where what it had not read yet was on its way. */
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()))

/** A TLS client that sends `first` at once and then one byte of `text` every 20 ms. */
async function drip(port: number, text: string, first = ''): Promise<{ gone: Promise<unknown> }> {
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  const gone = closed(socket)
  socket.resume()
  socket.write(first)
  let sent = 0
  const timer = setInterval(() => {
    if (sent < text.length) socket.write(text.charAt(sent++))
  }, 20)
  socket.on('close', () => clearInterval(timer))
  return { gone }
}
