import type { Socket } from 'node:net'
import { Agent } from 'undici'
import { post, REVIEW } from '#test/integration/webhooks/rig.ts'
import { type Attackers, attack } from './attackers.ts'
import type { Tally } from './tally.ts'
import { type Admissions, admissions, inWords, lostBy, type WebhookTarget } from './target.ts'

const MIB = 1_048_576
const HEAD = `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${7 * MIB}\r\n\r\n`
const VALUES = 2_300_000

/** Everything that fills the webhook's memory or its connections; what counts is what the API server gets meanwhile. */
export async function webhookAttacks(target: WebhookTarget): Promise<Tally[]> {
  const { host, port, ca, servername } = target
  const tallies: Tally[] = []
  const during = async (name: string, tried: number, begin: () => Promise<Attackers>) => {
    const attackers = await begin()
    tallies.push(await tally(target, name, tried, await admissions(target)))
    attackers.end()
  }
  for (const [from, whose] of target.from) {
    const many = (count: number, act: (socket: Socket) => void) =>
      attack({ host, port, ca, servername, from, count }, act)
    await during(`webhook: bodies of 6.9 MiB that never end, from ${whose}`, 100, () => many(100, unfinished))
    await during(`webhook: idle connections from ${whose}`, 2_250, () => many(2_250, idle))
    await during(`webhook: headers that drip, from ${whose}`, 500, () => many(500, drip))
  }
  await during('webhook: reviews of 6.6 MiB with 2.3 million values, at once', 2, async () => {
    const agent = new Agent({ connections: 2, connect: { ca, servername, timeout: 10_000 } })
    const values = REVIEW.replace('"Workspace"}}', () => `"Workspace","x":[${Array(VALUES).fill('{}').join(',')}]}}`)
    const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}/validate`
    const sent = Promise.allSettled([1, 2].map(() => post(agent, url, values)))
    return { held: () => 2, end: () => void sent.then(() => agent.close()) }
  })
  await during('webhook: all of these together', 2_353, () => together(target))
  return tallies
}

/** Unfinished bodies, idle connections and large reviews at the same time. */
async function together(target: WebhookTarget): Promise<Attackers> {
  const { host, port, ca, servername } = target
  const from = target.from[0]?.[0]
  const options = { host, port, ca, servername, ...(from === undefined ? {} : { from }) }
  const idlers = await attack({ ...options, count: 2_250 }, idle)
  const bodies = await attack({ ...options, count: 100 }, unfinished)
  const reviews = await attack({ ...options, count: 3 }, (socket) => {
    socket.write(HEAD.replace(String(7 * MIB), String(6.6 * MIB)))
    socket.write(Buffer.alloc(6.6 * MIB, '{},'))
  })
  return {
    held: () => idlers.held() + bodies.held() + reviews.held(),
    end: () => {
      for (const each of [idlers, bodies, reviews]) each.end()
    },
  }
}

function unfinished(socket: Socket): void {
  socket.write(HEAD)
  socket.write(Buffer.alloc(6.9 * MIB, ' '))
}

function idle(socket: Socket): void {
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
}

/** A byte of a header a second. */
function drip(socket: Socket): void {
  socket.write('POST /validate HTTP/1.1\r\nHost: x\r\n')
  const timer = setInterval(() => socket.write('x'), 1_000)
  socket.once('close', () => clearInterval(timer))
}

async function tally(target: WebhookTarget, attacked: string, tried: number, answered: Admissions): Promise<Tally> {
  const lost = [...answered.failures, ...(await lostBy(target))]
  const measured = `${answered.done} admissions of the API server meanwhile; ${await inWords(target)}`
  return { attack: attacked, tried, lost, measured }
}
