import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Credential } from '#src/lib/docker-config.ts'
import { digestOf } from '#src/oci/digest.ts'
import { openRegistry } from '#src/oci/registry.ts'
import { probePush, resolveDigest } from '#src/oci/resolve.ts'

const BLOB = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + i / 256) % 256))
const DESCRIPTOR = { mediaType: 'x', digest: digestOf(BLOB), size: BLOB.length }
const GOOD: Credential = { kind: 'password', username: 'user', password: 'word' }

/** Docker Hub's and ACR's way of signing in, and blobs that need more than one try, which docker-registry cannot play. */
let server: Server
let host: string
let seen: { method: string; url: string; authorization: string | undefined; body: string }[]
let blob: (request: IncomingMessage, response: ServerResponse) => void
let token = 'token-1'
let storage: { server: Server; url: string; headers: IncomingMessage['headers'][] }

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response))
  host = `127.0.0.1:${await listen(server)}`
  const headers: IncomingMessage['headers'][] = []
  const other = createServer((request, response) => {
    headers.push(request.headers)
    response.end(BLOB)
  })
  storage = { server: other, url: `http://127.0.0.1:${await listen(other)}`, headers }
})
afterAll(() => {
  server.close()
  storage.server.close()
})
beforeEach(() => {
  seen = []
  token = 'token-1'
  blob = (_, response) => response.end(BLOB)
})

async function listen(some: Server): Promise<number> {
  some.listen(0, '127.0.0.1')
  await once(some, 'listening')
  return (some.address() as AddressInfo).port
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = ''
  for await (const chunk of request) body += chunk
  const { method = '', url = '' } = request
  const { authorization } = request.headers
  seen.push({ method, url, authorization, body })
  if (url.startsWith('/token')) return signIn(response, url, authorization, body)
  if (authorization !== `Bearer ${token}`) {
    const challenge = `Bearer realm="http://${host}/token",service="registry"`
    return void response.writeHead(401, { 'www-authenticate': challenge }).end()
  }
  if (url.includes('/blobs/sha256:')) return blob(request, response)
  if (method === 'POST') return void response.writeHead(202, { location: '/v2/a/b/blobs/uploads/1?state=x' }).end()
  if (method === 'DELETE') return void response.writeHead(405).end()
  response.writeHead(200, { 'docker-content-digest': DESCRIPTOR.digest }).end()
}

function signIn(response: ServerResponse, url: string, authorization: string | undefined, body: string): void {
  const form = new URLSearchParams(body || url.split('?')[1])
  const isUser = authorization === `Basic ${Buffer.from('user:word').toString('base64')}`
  const isRefresh = form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === 'refresh'
  const isPublic = form.get('scope') === 'repository:public/image:pull'
  if (!isUser && !isRefresh && !isPublic) return void response.writeHead(401).end()
  response.end(JSON.stringify({ access_token: token }))
}

const ref = (repository: string) => ({ registry: host, repository, tag: '1' })
const options = (...credentials: Credential[]) => ({
  insecureRegistries: [host],
  attempts: 3,
  credentials: () => credentials,
})
const tokens = () => seen.filter(({ url }) => url.startsWith('/token'))

describe('registries that hand out tokens', () => {
  test('a password is traded for a token of just the scope that is needed', async () => {
    expect(await resolveDigest(ref('a/b'), options(GOOD))).toMatchObject({ ok: true, digest: DESCRIPTOR.digest })
    expect(tokens().map(({ url }) => new URL(url, 'http://x').searchParams.toString())).toEqual([
      'scope=repository%3Aa%2Fb%3Apull&service=registry',
    ])
  })

  test('a refresh token, as ACR logins are, is traded by the OAuth form', async () => {
    expect(await probePush(ref('a/b'), options({ kind: 'identity-token', token: 'refresh' }))).toEqual({ ok: true })
    const form = new URLSearchParams(tokens()[0]?.body)
    expect(Object.fromEntries(form)).toMatchObject({ grant_type: 'refresh_token', scope: 'repository:a/b:pull,push' })
  })

  test('a public image is read with a login that is refused, and without any', async () => {
    const stale: Credential = { kind: 'password', username: 'user', password: 'old' }
    expect(await resolveDigest(ref('public/image'), options(stale))).toMatchObject({ ok: true })
    expect(await resolveDigest(ref('public/image'), options())).toMatchObject({ ok: true })
    expect(await resolveDigest(ref('a/b'), options(stale))).toMatchObject({ ok: false, reason: 'denied' })
  })

  test('one token serves many requests, and a new one is fetched when it has run out', async () => {
    const registry = openRegistry(host, options(GOOD))
    await registry.headManifest('a/b', '1')
    await registry.headManifest('a/b', '2')
    expect(tokens()).toHaveLength(1)
    token = 'token-2'
    await registry.headManifest('a/b', '3')
    expect(tokens()).toHaveLength(2)
    await registry.close()
  })

  test('a registry that sends logins to a plain HTTP address it was not trusted with gets none', async () => {
    const { insecureRegistries, ...secure } = options(GOOD)
    const realm = createServer((_, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${storage.url}/token"` }).end()
    })
    const evil = `127.0.0.1:${await listen(realm)}`
    const result = await resolveDigest({ ...ref('a/b'), registry: evil }, { ...secure, insecureRegistries: [evil] })
    expect(insecureRegistries).toEqual([host])
    expect(result).toMatchObject({ ok: false, reason: 'invalid' })
    expect(storage.headers).toEqual([])
    realm.close()
  })
})

describe('blobs', () => {
  async function read(): Promise<Buffer> {
    const insecureRegistries = [host, new URL(storage.url).host]
    const registry = openRegistry(host, { ...options(GOOD), insecureRegistries })
    const chunks: Buffer[] = []
    try {
      for await (const chunk of registry.readBlob('a/b', DESCRIPTOR)) chunks.push(chunk)
    } finally {
      await registry.close()
    }
    return Buffer.concat(chunks)
  }

  const breakOff = (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': BLOB.length })
    response.write(BLOB.subarray(0, 100_000), () => response.destroy())
  }

  test('go on from where the connection broke', async () => {
    const ranges: (string | undefined)[] = []
    blob = (request, response) => {
      ranges.push(request.headers.range)
      if (request.headers.range === undefined) return breakOff(response)
      const from = Number(/\d+/.exec(request.headers.range)?.[0])
      response.writeHead(206, { 'content-range': `bytes ${from}-${BLOB.length - 1}/${BLOB.length}` })
      response.end(BLOB.subarray(from))
    }
    expect((await read()).equals(BLOB)).toBe(true)
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)])
  })

  test('are whole also where the registry knows no ranges', async () => {
    let times = 0
    blob = (_, response) => (times++ === 0 ? breakOff(response) : response.end(BLOB))
    expect((await read()).equals(BLOB)).toBe(true)
  })

  test('that never get further are given up', async () => {
    blob = (_, response) => response.destroy()
    await expect(read()).rejects.toMatchObject({ kind: 'network' })
  })

  test('with one wrong byte or one byte too many are refused', async () => {
    const wrong = Buffer.from(BLOB)
    wrong[BLOB.length - 1] = 1 + (wrong[BLOB.length - 1] ?? 0)
    blob = (_, response) => response.end(wrong)
    await expect(read()).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/does not match its digest/),
    })
    blob = (_, response) => response.end(Buffer.concat([BLOB, Buffer.from('x')]))
    await expect(read()).rejects.toMatchObject({ kind: 'invalid', message: expect.stringMatching(/is longer/) })
  })

  test("behind a redirect are fetched without the registry's credentials", async () => {
    blob = (_, response) => void response.writeHead(307, { location: `${storage.url}/signed` }).end()
    expect((await read()).equals(BLOB)).toBe(true)
    expect(storage.headers).toHaveLength(1)
    expect(storage.headers[0]).not.toHaveProperty('authorization')
  })
})
