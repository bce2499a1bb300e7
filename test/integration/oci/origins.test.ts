import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mintAuthority, mintLeaf } from '#certs/mint.ts'
import { adopted, type Trust } from '#src/oci/origins.ts'
import { openRegistry, type Registry } from '#src/oci/registry.ts'

const DAY = 86_400_000
const authority = mintAuthority(new Date(), DAY)
const leaf = mintLeaf(authority, { dns: ['localhost'], ips: ['127.0.0.1'] }, new Date(), DAY)

/** One request that some server saw: which one, its method and path, and the login that came with it. */
interface Seen {
  readonly at: 'registry' | 'elsewhere' | 'plain' | 'listed'
  readonly what: string
  readonly login: string
}

let seen: Seen[] = []
let servers: http.Server[] = []
/** What the registry does with a request that carries a login, or none. */
let registry: http.RequestListener
const port = { registry: 0, elsewhere: 0, plain: 0, listed: 0 }

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
  const onwards: http.RequestListener = (_, response) => {
    response.writeHead(307, { location: `http://127.0.0.1:${port.plain}/v2/` }).end()
  }
  port.listed = await listen(http.createServer(record('listed', onwards)))
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
async function asking<T>(work: (client: Registry) => Promise<T>, trust: Partial<Trust> = {}): Promise<T | Error> {
  const credentials = () => [{ kind: 'password' as const, username: 'u', password: SECRET }]
  const client = openRegistry(`localhost:${port.registry}`, {
    credentials,
    ...trust,
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
    expect(String(await asking((client) => client.getManifest('x', 'latest')))).toMatch(
      /127\.0\.0\.1:\d+, where the registry sends us and no login goes, answered 401/,
    )
    expect(leaked()).toEqual([])
  })

  it('are not blamed for what storage answers, that a signed-in registry redirects to', async () => {
    registry = (request, response) => {
      if (!request.headers.authorization) return void response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
      response.writeHead(307, { location: `https://127.0.0.1:${port.elsewhere}${request.url}` }).end()
    }
    const refusal = await asking((client) => client.getManifest('x', 'latest'))
    expect(refusal).toMatchObject({ kind: 'denied', isUnsent: true })
    expect(String(refusal)).toContain('no login goes')
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

  it('nor to plain HTTP by way of a registry that is listed as insecure itself', async () => {
    registry = (_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${port.listed}/v2/` }).end()
    }
    const listed = `127.0.0.1:${port.listed}`
    const hop = await asking((client) => client.getManifest('x', 'latest'), { insecureRegistries: [listed] })
    expect(String(hop)).toMatch(/hands out http:\/\/127\.0\.0\.1:\d+, which is not HTTPS.*insecureRegistries/)
    expect(seen.map(({ at }) => at)).toEqual(['registry', 'listed'])
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
    const tokenServices = [`127.0.0.1:${port.elsewhere}`]
    await asking((client) => client.getManifest('x', 'latest'), { tokenServices })
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

describe('a refused push', () => {
  /** What a registry behind a token service says to the login, and then to nobody. */
  const quota: http.RequestListener = (request, response) => {
    if (request.url?.startsWith('/token')) {
      return void response.end(`{"token":"${request.headers.authorization ? 'of-user' : 'of-nobody'}"}`)
    }
    const { authorization } = request.headers
    const challenge = { 'www-authenticate': `Bearer realm="https://localhost:${port.registry}/token"` }
    if (authorization === undefined) return void response.writeHead(401, challenge).end()
    const isUser = authorization === 'Bearer of-user'
    const words = isUser ? 'DENIED","message":"project quota exceeded' : 'UNAUTHORIZED","message":"sign in'
    // As Node and Go servers do, without the body where the request is a HEAD.
    response.writeHead(isUser ? 403 : 401, isUser ? {} : challenge).end(`{"errors":[{"code":"${words}"}]}`)
  }

  it('has the words to the login, not those to the anonymous try after it, although a push begins with a HEAD', async () => {
    registry = quota
    const refusal = await asking((client) => client.putBlob('x', BLOB))
    expect(refusal).toMatchObject({
      kind: 'denied',
      status: 403,
      words: 'DENIED: project quota exceeded',
      isUnsent: false,
    })
    expect(String(refusal)).toMatch(
      /\(403\): the credentials given were refused; it says: DENIED: project quota exceeded$/,
    )
    expect(seen[0]?.what).toMatch(/^HEAD /)
  })
})

describe('an address that a registry hands out', () => {
  const trust: Trust = { insecureRegistries: ['plain.io:80', 'plain.io'], tokenServices: [] }
  it.for<[string, string, string]>([
    ['https://r.io/v2/', 'http://r.io/up', 'https://r.io/up'],
    ['https://r.io/v2/', 'http://r.io:443/up', 'https://r.io/up'],
    ['https://r.io:8443/v2/', 'http://r.io:8443/up?a=%2F', 'https://r.io:8443/up?a=%2F'],
    ['https://r.io/v2/', '/up', 'https://r.io/up'],
    ['http://plain.io/v2/', 'https://plain.io:80/up', 'http://plain.io/up'],
    ['https://r.io/v2/', 'http://plain.io/up', 'http://plain.io/up'],
  ])('by %s: %s is asked as %s', ([from, location, wanted]) => {
    expect(adopted(location, new URL(from), trust).href).toBe(wanted)
  })
  it.for(['http://other.io/', 'ftp://r.io/', 'https://u:p@r.io/', 'http://r.io:8080/', 'javascript:1', 'http://'])(
    'is refused: %s',
    (location) => {
      expect(() => adopted(location, new URL('https://r.io/v2/'), trust)).toThrow(/hands out/)
    },
  )
})
