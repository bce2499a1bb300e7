import { MockAgent } from 'undici'
import { describe, expect, it } from 'vitest'
import { createKubeClient } from '#src/kube/client.ts'
import { createHttp } from '#src/kube/http.ts'

/** A client whose every connection ends in a script; nothing leaves the process. */
function scripted() {
  const agent = new MockAgent()
  agent.disableNetConnect()
  const server = agent.get('https://k8s.test')
  const waits: number[] = []
  const calls: string[] = []
  let renewed = 0
  const http = createHttp({
    credentials: {
      current: async () => ({
        origin: 'https://k8s.test',
        prefix: '/proxy',
        dispatcher: agent,
        headers: { authorization: `Bearer token-${renewed}` },
      }),
      renew: () => {
        renewed++
      },
      close: async () => {},
    },
    userAgent: 'test',
    random: () => 0,
    sleep: async (ms) => {
      waits.push(ms)
    },
    onCall: ({ method, path, status }) => calls.push(`${method} ${path} ${status}`),
  })
  return { server, waits, calls, client: createKubeClient(http), http }
}

const ref = { kind: 'ConfigMap', namespace: 'ns', name: 'a' } as const
const path = '/proxy/api/v1/namespaces/ns/configmaps/a'
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'ns', name: 'a' }, data: { x: '1' } }

describe('http', () => {
  it('waits as long as Retry-After says, for any method, then tries again', async () => {
    const { server, client, waits } = scripted()
    const post = { path: '/proxy/api/v1/namespaces/ns/configmaps', method: 'POST' }
    server.intercept(post).reply(429, 'slow down', { headers: { 'retry-after': '3' } })
    server.intercept(post).reply(503, 'starting', { headers: { 'retry-after': '1' } })
    server.intercept(post).reply(201, object)
    expect(await client.create(object)).toEqual(object)
    expect(waits).toEqual([3000, 1000])
  })

  it('gives up after four more attempts', async () => {
    const { server, client, waits } = scripted()
    server
      .intercept({ path, method: 'GET' })
      .reply(429, '', { headers: { 'retry-after': '1' } })
      .times(10)
    await expect(client.get(ref)).rejects.toMatchObject({ status: 429 })
    expect(waits).toHaveLength(4)
  })

  it('repeats a read whose connection broke, but not a create, which may have worked', async () => {
    const { server, client, calls } = scripted()
    server.intercept({ path, method: 'GET' }).replyWithError(new Error('reset'))
    server.intercept({ path, method: 'GET' }).reply(200, object)
    expect(await client.get(ref)).toEqual(object)
    server
      .intercept({ path: '/proxy/api/v1/namespaces/ns/configmaps', method: 'POST' })
      .replyWithError(new Error('reset'))
    await expect(client.create(object)).rejects.toMatchObject({ status: 0, reason: 'Unreachable' })
    expect(calls.map((call) => call.split(' ').at(-1))).toEqual(['0', '200', '0'])
  })

  it('does not repeat what the server refuses', async () => {
    const { server, client, waits } = scripted()
    const refusal = { kind: 'Status', code: 403, reason: 'Forbidden', message: 'no', details: { kind: 'configmaps' } }
    server.intercept({ path, method: 'GET' }).reply(403, refusal)
    await expect(client.get(ref)).rejects.toMatchObject({
      status: 403,
      reason: 'Forbidden',
      details: { kind: 'configmaps' },
    })
    expect(waits).toEqual([])
  })

  it('renews its credentials once after a 401', async () => {
    const { server, client } = scripted()
    server.intercept({ path, method: 'GET', headers: { authorization: 'Bearer token-0' } }).reply(401, '')
    server.intercept({ path, method: 'GET', headers: { authorization: 'Bearer token-1' } }).reply(200, object)
    expect(await client.get(ref)).toEqual(object)
    server.intercept({ path, method: 'GET' }).reply(401, '').times(5)
    await expect(client.get(ref)).rejects.toMatchObject({ status: 401 })
  })

  it('sends an apply as one PATCH with its manager, and the object as it is', async () => {
    const { server, client } = scripted()
    let sent: unknown
    server
      .intercept({ path: `${path}/status`, method: 'PATCH', query: { fieldManager: 'me', force: 'true' } })
      .reply(200, ({ body, headers }) => {
        sent = {
          body: JSON.parse(String(body)),
          type: new Headers(headers as Record<string, string>).get('content-type'),
        }
        return object
      })
    await client.applyStatus({ ...object, strange: [null, { deep: 1 }] }, { manager: 'me', force: true })
    expect(sent).toEqual({ body: { ...object, strange: [null, { deep: 1 }] }, type: 'application/apply-patch+yaml' })
  })

  it('puts apiVersion and kind back on the items of a list, and hands out the token of the next page', async () => {
    const { server, client } = scripted()
    const query = { limit: '2', labelSelector: 'a=b,c in (d)' }
    server.intercept({ path: '/proxy/api/v1/namespaces/ns/configmaps', method: 'GET', query }).reply(200, {
      kind: 'ConfigMapList',
      metadata: { resourceVersion: '7', continue: 'more' },
      items: [{ metadata: { name: 'a' } }],
    })
    expect(await client.list('ConfigMap', { namespace: 'ns', labelSelector: 'a=b,c in (d)' }, { limit: 2 })).toEqual({
      items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }],
      resourceVersion: '7',
      next: 'more',
    })
  })

  it('throws what a watch is told as an error, with the status inside it', async () => {
    const { server, client } = scripted()
    const lines = [
      { type: 'ADDED', object },
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } },
    ]
    const query = { watch: 'true', allowWatchBookmarks: 'true', resourceVersion: '5', timeoutSeconds: '250' }
    server
      .intercept({ path: '/proxy/api/v1/configmaps', method: 'GET', query })
      .reply(200, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const seen: string[] = []
    const watching = async () => {
      const from = { resourceVersion: '5', seconds: 250 }
      for await (const event of client.watch('ConfigMap', {}, from, new AbortController().signal)) seen.push(event.type)
    }
    await expect(watching()).rejects.toMatchObject({ status: 410, reason: 'Expired' })
    expect(seen).toEqual(['open', 'put'])
  })

  it('asks for the logs of one container with a limit', async () => {
    const { server, client } = scripted()
    const query = { container: 'train', tailLines: '20', limitBytes: '262144' }
    server.intercept({ path: '/proxy/api/v1/namespaces/ns/pods/p/log', method: 'GET', query }).reply(200, 'line\n')
    expect(await client.logs({ namespace: 'ns', name: 'p' }, { container: 'train', tailLines: 20 })).toBe('line\n')
  })
})
