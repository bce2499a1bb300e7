import { connect, type Socket } from 'node:net'
import { attack } from './attackers.ts'
import type { Tally } from './tally.ts'
import { type GatewayTarget, inWords, lostBy } from './target.ts'

/** What the engine offers to its administrators. */
const ROUTES = ['/v1/load_lora_adapter', '/sleep', '/start_profile', '/collective_rpc']
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']
const MIB = 1_048_576

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

/** Who one would like to be, in the headers by which proxies say so. */
const IDENTITIES = [
  ['Authorization', 'Bearer canary'],
  ['Cookie', 'session=canary'],
  ['X-Remote-User', 'canary'],
  ['X-Remote-Group', 'system:masters canary'],
  ['Impersonate-User', 'canary'],
  ['X-Forwarded-User', 'canary'],
  ['X-Forwarded-For', '127.0.0.1 canary'],
  ['X-Original-URL', '/collective_rpc?canary'],
  ['X-Rewrite-URL', '/sleep?canary'],
  ['Forwarded', 'for=127.0.0.1;by=canary'],
] as const

/** Requests that would reach the engine's own administration, plainly or inside of another request, and those that fill the gateway. */
export async function gatewayAttacks(target: GatewayTarget): Promise<Tally[]> {
  const isAdministration = async () =>
    (await target.reached()).some(({ path }) => ROUTES.some((route) => path.toLowerCase().includes(route)))
  await target.reached()
  const lostRoutes: string[] = []
  let tried = 0
  for (const method of METHODS) {
    for (const path of ROUTES.flatMap(spellings)) {
      tried++
      await raw(target, `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`)
      if (await isAdministration()) lostRoutes.push(`${method} ${path}`)
    }
  }
  const lostSmuggled: string[] = []
  const inner = `POST ${ROUTES[0]} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`
  for (const headers of MALFORMED) {
    await raw(target, `POST /v1/completions HTTP/1.1\r\nHost: x\r\n${headers}\r\n0\r\n\r\n${inner}`)
    if (await isAdministration()) lostSmuggled.push(JSON.stringify(headers))
  }
  return [
    { attack: "the engine's administration through the gateway", tried, lost: lostRoutes },
    { attack: 'a request inside of another one', tried: MALFORMED.length, lost: lostSmuggled },
    await forgedIdentities(target),
    ...(await crowds(target)),
  ]
}

/** What a client says of itself is not for the engine. */
async function forgedIdentities(target: GatewayTarget): Promise<Tally> {
  const lost: string[] = []
  for (const [name, value] of IDENTITIES) {
    await raw(target, `GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${name}: ${value}\r\n\r\n`)
    const told = (await target.reached()).some(({ headers }) => JSON.stringify(headers).includes('canary'))
    if (told) lost.push(name)
  }
  return { attack: 'forged identities in headers, to the engine', tried: IDENTITIES.length, lost }
}

const chatHead = (length: number) =>
  `POST /chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

/** Many connections, slow ones and large bodies; what counts is what others get meanwhile. */
async function crowds(target: GatewayTarget): Promise<Tally[]> {
  const { host, port } = target
  const large = `{"messages":[${Array(10_000_000).fill('{}').join(',')}]}`
  const crowd: readonly [string, number, (socket: Socket) => void][] = [
    [
      'bodies of 31 MiB that never end',
      40,
      (socket) => {
        socket.write(chatHead(32 * MIB))
        socket.write(Buffer.alloc(31 * MIB, ' '))
      },
    ],
    ['chats of 29 MiB with ten million values', 4, (socket) => socket.write(chatHead(large.length) + large)],
    ['idle connections', 1_000, () => {}],
    [
      'headers that drip',
      300,
      (socket) => {
        socket.write('POST /chat HTTP/1.1\r\nHost: x\r\n')
        const timer = setInterval(() => socket.write('x'), 1_000)
        socket.once('close', () => clearInterval(timer))
      },
    ],
  ]
  const tallies: Tally[] = []
  for (const [what, count, act] of crowd) {
    const attackers = await attack({ host, port, count }, act)
    const lost: string[] = []
    let slowest = 0
    for (let index = 0; index < 20; index++) {
      const started = performance.now()
      const answer = await raw(target, 'GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 10_000)
      slowest = Math.max(slowest, performance.now() - started)
      if (!answer.startsWith('HTTP/1.1 200')) lost.push(`another client got ${answer.slice(0, 60) || 'no answer'}`)
    }
    attackers.end()
    const measured = `20 requests of another client meanwhile, the slowest ${slowest.toFixed(0)} ms; ${await inWords(target)}`
    tallies.push({ attack: `gateway: ${what}`, tried: count, lost: [...lost, ...(await lostBy(target))], measured })
  }
  return tallies
}

/** Sends this and gives what comes back until the end of the connection, or until so much silence. */
function raw({ host, port }: GatewayTarget, text: string, silenceMs = 500): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, host, () => socket.write(text))
    socket.setTimeout(silenceMs, () => socket.destroy())
    socket.on('error', () => {})
    socket.on('data', (piece) => {
      answer += piece.toString('latin1').slice(0, 1_000)
    })
    socket.on('close', () => resolve(answer))
  })
}
