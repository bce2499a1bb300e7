import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { buildGateway } from '#src/gateway/server.ts'
import type { Tally } from './tally.ts'

/** What the engine offers to its administrators. */
const ROUTES = ['/v1/load_lora_adapter', '/sleep', '/start_profile', '/collective_rpc']
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']

const spellings = (route: string) => [
  route,
  `${route}/`,
  `/${route}`,
  `/.${route}`,
  `/x/..${route}`,
  `/v1/models/..${route.startsWith('/v1') ? route.slice(3) : `/..${route}`}`,
  `/v1/%2e%2e${route}`,
  `/%2f${route}`,
  route.replace('/', '/%2F'),
  route.toUpperCase(),
  `${route}?x=1`,
  `${route};x`,
  `http://engine${route}`,
]

const MALFORMED = [
  'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n',
  'Transfer-Encoding: xchunked\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Transfer-Encoding:\tchunked\r\nContent-Length: 4\r\n',
  'Content-Length: 4\r\nContent-Length: 5\r\n',
  'Content-Length: +4\r\n',
  'Content-Length: 4, 4\r\n',
  'Content-Length: 0x4\r\n',
  'X-A: b\nTransfer-Encoding: chunked\r\n',
  ' Transfer-Encoding: chunked\r\nContent-Length: 4\r\n',
  'X-A: b\r\n\tTransfer-Encoding: chunked\r\nContent-Length: 4\r\n',
]

/** Requests that would reach the engine's own administration, plainly or inside of another request. */
export async function gatewayAttacks(): Promise<Tally[]> {
  const seen: string[] = []
  const engine = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    request.resume().on('end', () => response.end('{}'))
  })
  engine.listen(0, '127.0.0.1')
  await once(engine, 'listening')
  const gateway = buildGateway({
    port: 0,
    upstream: `http://127.0.0.1:${(engine.address() as AddressInfo).port}`,
    baseModel: 'base',
    adapters: [],
    allowedOrigins: [],
    apiKeys: '',
    maxRequests: 512,
    answerSeconds: 5,
    drainSeconds: 0,
    graceSeconds: 1,
    lifelinePort: 0,
    logLevel: 'silent',
  })
  const port = Number(new URL(await gateway.server.listen({ host: '127.0.0.1', port: 0 })).port)
  const reached = () => seen.splice(0).filter((line) => ROUTES.some((route) => line.toLowerCase().includes(route)))
  const lostRoutes: string[] = []
  let tried = 0
  for (const method of METHODS) {
    for (const path of ROUTES.flatMap(spellings)) {
      tried++
      await raw(port, `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`)
      if (reached().length > 0) lostRoutes.push(`${method} ${path}`)
    }
  }
  const lostSmuggled: string[] = []
  const inner = `POST ${ROUTES[0]} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`
  for (const headers of MALFORMED) {
    await raw(port, `POST /v1/completions HTTP/1.1\r\nHost: x\r\n${headers}\r\n0\r\n\r\n${inner}`)
    if (reached().length > 0) lostSmuggled.push(JSON.stringify(headers))
  }
  await gateway.server.close()
  engine.closeAllConnections()
  engine.close()
  return [
    { attack: "the engine's administration through the gateway", tried, lost: lostRoutes },
    { attack: 'a request inside of another one', tried: MALFORMED.length, lost: lostSmuggled },
  ]
}

/** Sends this and waits for the end of the connection, or for half a second of silence. */
function raw(port: number, text: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setTimeout(500, () => socket.destroy())
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
  })
}
