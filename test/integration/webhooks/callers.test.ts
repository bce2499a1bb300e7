import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mintLeaf } from '#certs/mint.ts'
import { type Certificate, mintAuthority, mintCertificate } from '#examples/cluster/certificates.ts'
import { deafToReviews } from '#test/support/deaf-observers.ts'
import type { WebhookServer } from '#webhooks/server.ts'
import { mint, post, REVIEW, serve } from './rig.ts'

const NAME = 'kube-apiserver-webhook-client'
const bundle = mint()
const ca = bundle.authority.certificate

describe('a webhook server that wants client certificates', () => {
  const why: string[] = []
  let authority: Certificate
  let known: Certificate
  let strangers: Readonly<Record<string, Partial<Certificate>>>
  let server: WebhookServer
  let url: string

  beforeAll(async () => {
    authority = await mintAuthority('callers')
    known = await mintCertificate(authority, { commonName: NAME })
    const pair = { certificate: authority.cert, key: authority.key }
    const { certificate, key } = mintLeaf(pair, { dns: [NAME] }, new Date(), 86_400_000)
    strangers = {
      nobody: {},
      'of another authority': await mintCertificate(await mintAuthority('callers'), { commonName: NAME }),
      'of another name': await mintCertificate(authority, { commonName: 'system:node:a', organization: NAME }),
      'with a certificate for servers': { cert: certificate, key },
    }
    const started = await serve(bundle, {
      callers: { authority: authority.cert, names: [NAME] },
      observer: { ...deafToReviews, refused: (code, text) => why.push(`${code} ${text}`) },
    })
    server = started.server
    url = started.url
  })
  afterAll(() => server.drain())

  it('answers whoever has one of the right authority and name', async () => {
    const agent = new Agent({ connect: { ca, ...known } })
    expect((await post(agent, `${url}/validate`)).json.response.allowed).toBe(true)
    const probe = await agent.request({ origin: url, path: '/readyz', method: 'GET' })
    expect(`${probe.statusCode} ${await probe.body.text()}`).toBe('200 ok')
    await agent.close()
  })

  it.each([
    ['nobody', 'has no client certificate'],
    ['of another authority', 'is not accepted'],
    ['of another name', 'is of "system:node:a"'],
    ['with a certificate for servers', 'is not accepted'],
  ])('says nothing to strangers: %s', async (who, told) => {
    const agent = new Agent({ connect: { ca, ...strangers[who] } })
    for (const [method, path] of [
      ['POST', '/validate'],
      ['POST', '/mutate'],
      ['POST', '/other'],
      ['PUT', '/validate'],
      ['GET', '/readyz'],
      ['GET', '/healthz'],
      ['GET', '/other'],
    ] as const) {
      const headers = { 'content-type': 'application/json' }
      const body = method === 'GET' ? null : REVIEW
      const answer = await agent.request({ origin: url, path, method, body, headers })
      const { connection, ...rest } = answer.headers
      expect([path, answer.statusCode, await answer.body.text(), connection]).toEqual([path, 401, '', 'close'])
      expect(Object.keys(rest).sort()).toEqual(['content-length', 'date'])
      expect(why.at(-1)).toContain(told)
    }
    await agent.close()
  })

  it('knows a stranger again who resumes the session of an earlier connection, also where any name will do', async () => {
    const any = await serve(bundle, { callers: { authority: authority.cert, names: [] } })
    expect((await ask(any.url, known)).head).toContain('200 OK')
    const first = await ask(any.url, {})
    expect(first.head).toContain('401')
    expect(first.session).toBeDefined()
    const again = await ask(any.url, { session: first.session })
    expect([again.isResumed, again.head.split('\r\n')[0]]).toEqual([true, 'HTTP/1.1 401 Unauthorized'])
    await any.server.drain()
  })

  it('follows a change of authority: the next connection needs a new certificate, and an open one ends', async () => {
    const other = await mintAuthority('callers of tomorrow')
    const renewed = await mintCertificate(other, { commonName: NAME })
    const agent = new Agent({ connections: 1, connect: { ca, ...known } })
    const before = await ask(url, known)
    expect((await post(agent, `${url}/validate`)).headers.connection).toBe('keep-alive')

    server.trust(other.cert)
    const last = await post(agent, `${url}/validate`)
    expect([last.code, last.headers.connection]).toEqual([200, 'close'])
    expect((await post(agent, `${url}/validate`)).code).toBe(401)
    expect((await ask(url, { ...known, session: before.session })).head).toContain('401')
    expect((await ask(url, renewed)).head).toContain('200 OK')

    server.trust(`${authority.cert}\n${other.cert}`)
    expect((await ask(url, renewed)).head).toContain('200 OK')
    expect((await ask(url, known)).head).toContain('200 OK')
    // A renewed certificate of the server leaves alone who may call.
    server.use(mint().leaf)
    expect((await ask(url, {})).head).toContain('401')
    await agent.close()
  })
})

/** One review over a connection of its own, and the session that the server gave for the next one. */
async function ask(url: string, identity: Partial<Certificate> & { readonly session?: Buffer | undefined }) {
  const { session: earlier, ...certificate } = identity
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port: Number(new URL(url).port),
    rejectUnauthorized: false,
    ...certificate,
    ...(earlier === undefined ? {} : { session: earlier }),
  })
  let session: Buffer | undefined
  let head = ''
  socket.on('session', (given: Buffer) => {
    session = given
  })
  socket.setEncoding('utf8').on('data', (text) => {
    head += text
  })
  await once(socket, 'secureConnect')
  const isResumed = socket.isSessionReused()
  const lines = ['POST /validate HTTP/1.1', 'host: a', 'connection: close', 'content-type: application/json']
  socket.write([...lines, `content-length: ${Buffer.byteLength(REVIEW)}`, '', REVIEW].join('\r\n'))
  await once(socket, 'close')
  return { head, session, isResumed }
}
