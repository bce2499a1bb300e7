import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mintAuthority, mintLeaf } from '#certs/mint.ts'
import { openRegistry, type Registry } from '#src/oci/registry.ts'

const DAY = 86_400_000
const authority = mintAuthority(new Date(), DAY)
const leaf = mintLeaf(authority, { dns: ['localhost'], ips: ['127.0.0.1'] }, new Date(), DAY)

/** One request that some server saw: which one, its method and path, and the login that came with it. */
interface Seen {
  readonly at: 'registry' | 'elsewhere' | 'plain'
  readonly what: string
  readonly login: string
}

let seen: Seen[] = []
let servers: http.Server[] = []
/** What the registry does with a request that carries a login, or none. */
let registry: http.RequestListener
const port = { registry: 0, elsewhere: 0, plain: 0 }

const loginOf = (header = '') =>
  header.startsWith('Basic ') ? Buffer.from(header.slice(6), 'base64').toString() : header

const record =
  (at: Seen['at'], answer: http.RequestListener) => (request: http.IncomingMessage, response: http.ServerResponse) => {
    seen.push({
      at,
      what: `${request.method} ${request.url?.split('?')[0]}`,
      login: loginOf(request.headers.authorization),
    })
    request.resume()
    request.on('end', () => answer(request, response as never))
  }

async function listen(server: http.Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  const tls = { cert: leaf.certificate, key: leaf.key }
  const other: http.RequestListener = (request, response) => {
    if (request.url?.startsWith('/token')) return void response.end('{"token":"t"}')
    if (request.method === 'PUT') return void response.writeHead(201).end()
    const challenge = `Bearer realm="https://127.0.0.1:${port.elsewhere}/token",service="other"`
    response.writeHead(401, { 'www-authenticate': challenge }).end()
  }
  port.plain = await listen(http.createServer(record('plain', other)))
  port.elsewhere = await listen(https.createServer(tls, record('elsewhere', other)))
  port.registry = await listen(
    https.createServer(
      tls,
      record('registry', (request, response) => registry(request, response)),
    ),
  )
})
afterAll(() => {
  for (const server of servers) server.close()
  servers = []
})
beforeEach(() => {
  seen = []
})

const SECRET = 'SECRET-OF-THE-REGISTRY'
const BLOB = { digest: `sha256:${'0'.repeat(64)}`, size: 3, open: () => Buffer.from('abc') }

/** The registry by the name `localhost`, so that 127.0.0.1 is another host with a certificate that is trusted as well. */
async function asking<T>(work: (client: Registry) => Promise<T>, tokenServices: string[] = []): Promise<T | Error> {
  const credentials = () => [{ kind: 'password' as const, username: 'u', password: SECRET }]
  const client = openRegistry(`localhost:${port.registry}`, {
    credentials,
    tokenServices,
    attempts: 1,
    ca: authority.certificate,
  })
  try {
    return await work(client)
  } catch (error) {
    return error as Error
  } finally {
    await client.close()
  }
}

/** A registry with Basic logins that opens uploads at `location`. */
const uploadsAt =
  (location: string): http.RequestListener =>
  (request, response) => {
    if (!request.headers.authorization)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end()
    if (request.method === 'HEAD') return void response.writeHead(404).end()
    if (request.method === 'POST') return void response.writeHead(202, { location }).end()
    response.writeHead(201).end()
  }

const leaked = () => seen.filter(({ at, login }) => at !== 'registry' && login.includes(SECRET))

describe("a registry's credentials", () => {
  it('do not answer the challenge of a host that the registry redirects to', async () => {
    registry = (request, response) => {
      response.writeHead(307, { location: `https://127.0.0.1:${port.elsewhere}${request.url}` }).end()
    }
    expect(String(await asking((client) => client.getManifest('x', 'latest')))).toContain('does not allow')
    expect(leaked()).toEqual([])
  })

  it('do not go with an upload to plain HTTP: on the same host TLS is kept', async () => {
    registry = uploadsAt(`http://localhost:${port.registry}/v2/x/blobs/uploads/1`)
    expect(await asking((client) => client.putBlob('x', BLOB))).toBe('uploaded')
    expect(seen.filter(({ at }) => at === 'plain')).toEqual([])
    expect(seen.at(-1)).toMatchObject({ at: 'registry', login: `u:${SECRET}` })
  })

  it('nor does the content, when another host speaks plain HTTP', async () => {
    registry = uploadsAt(`http://127.0.0.1:${port.plain}/v2/x/blobs/uploads/1`)
    expect(String(await asking((client) => client.putBlob('x', BLOB)))).toContain('not HTTPS')
    expect(String(await asking((client) => client.probePush('x')))).not.toContain(SECRET)
    expect(seen.filter(({ at }) => at === 'plain')).toEqual([])
  })

  it('do not go with an upload to another host', async () => {
    registry = uploadsAt(`https://127.0.0.1:${port.elsewhere}/v2/x/blobs/uploads/1`)
    expect(await asking((client) => client.putBlob('x', BLOB))).toBe('uploaded')
    expect(seen.at(-1)).toMatchObject({ at: 'elsewhere', login: '' })
    expect(leaked()).toEqual([])
  })

  it('do not go to a token service that is not known to belong to it, unless an administrator lists that', async () => {
    registry = (_, response) => {
      const realm = `https://127.0.0.1:${port.elsewhere}/token`
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="r"` }).end()
    }
    const refusal = String(await asking((client) => client.getManifest('x', 'latest')))
    expect(refusal).toMatch(/never sent.*127\.0\.0\.1:\d+.*settings\.tokenServices/)
    expect(leaked()).toEqual([])
    await asking((client) => client.getManifest('x', 'latest'), [`127.0.0.1:${port.elsewhere}`])
    expect(leaked()).toHaveLength(1)
  })

  it('do not go to a token service over plain HTTP', async () => {
    registry = (_, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://127.0.0.1:${port.plain}/token"` }).end()
    }
    expect(String(await asking((client) => client.getManifest('x', 'latest')))).toContain('not HTTPS')
    expect(seen.filter(({ at }) => at === 'plain')).toEqual([])
  })
})

describe('a refusal', () => {
  it.for<[string, http.RequestListener, RegExp]>([
    [
      "has the registry's own words",
      (request, response) => {
        if (!request.headers.authorization) return void response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
        response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"Your authorization token has expired"}]}')
      },
      /the credentials given were refused; it says: DENIED: Your authorization token has expired$/,
    ],
    [
      'without a challenge says that nothing was sent',
      (_, response) => void response.writeHead(403).end('blocked by policy'),
      /the credentials were never sent, because it did not ask for a login; it says: blocked by policy$/,
    ],
    [
      "has the token service's own words",
      (request, response) => {
        if (request.url?.startsWith('/token'))
          return void response.writeHead(403).end('{"details":"client IP not allowed"}')
        const challenge = `Bearer realm="https://localhost:${port.registry}/token"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      },
      /the credentials given were refused; it says: client IP not allowed$/,
    ],
  ])('%s', async ([, behaviour, words]) => {
    registry = behaviour
    expect(String(await asking((client) => client.getManifest('x', 'latest')))).toMatch(words)
  })
})
