import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#examples/cluster/free-port.ts'
import { client, mint, post, REVIEW, Tally as Reviews } from '#test/integration/webhooks/rig.ts'
import { startChild } from '../measure/child.ts'
import { peakRssMiB } from '../measure/process-cost.ts'
import { attack } from './attackers.ts'
import { CONTAINER_MIB, NODE_OPTIONS } from './objects.ts'
import type { Tally } from './tally.ts'

const MIB = 1_048_576
const HEAD = `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${7 * MIB}\r\n\r\n`

/** Everything that fills the webhook's memory or its connections; what counts is what the API server gets meanwhile. */
export async function webhookAttacks(): Promise<Tally[]> {
  const bundle = mint()
  const ca = bundle.authority.certificate
  const account = mkdtempSync(join(tmpdir(), 'hostile-'))
  writeFileSync(join(account, 'token'), 'token')
  writeFileSync(join(account, 'ca.crt'), ca)
  const port = await freePort()
  const child = startChild(new URL('../contestants/webhook.ts', import.meta.url), {
    env: { NODE_OPTIONS },
    output: '/dev/null',
  })
  const apiServer = 'https://127.0.0.1:1'
  const { url } = await child.ask<{ url: string }>({ certificate: bundle.leaf, port, apiServer, account })
  const reviewed = async (): Promise<Reviews> => {
    const reviews = new Reviews()
    const kept = client(ca, 1)
    for (let index = 0; index < 50; index++) {
      const fresh = client(ca, 1)
      await reviews.of(() => post(kept, `${url}/mutate`))
      await reviews.of(() => post(fresh, `${url}/mutate`))
      await fresh.close()
    }
    await kept.close()
    return reviews
  }
  const tallies: Tally[] = []
  const note = (name: string, tried: number, reviews: Reviews) => {
    const peak = peakRssMiB(child.pid)
    const lost = [...reviews.failures, ...(peak > CONTAINER_MIB ? [`${peak.toFixed(0)} MiB`] : [])]
    const measured = `${reviews.done} reviews of the API server answered meanwhile; ${peak.toFixed(0)} MiB at most so far`
    tallies.push({ attack: name, tried, lost, measured })
  }
  for (const [from, whose] of [
    ['127.0.0.2', 'another address'],
    ['127.0.0.1', "the API server's own address"],
  ] as const) {
    const bodies = await attack({ port, ca, from, count: 100 }, (socket) => {
      socket.write(HEAD)
      socket.write(Buffer.alloc(6.9 * MIB, ' '))
    })
    note(`webhook: bodies of 6.9 MiB that never end, from ${whose}`, 100, await reviewed())
    bodies.end()
    const idle = await attack({ port, ca, from, count: 2_250 }, (socket) =>
      socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'),
    )
    note(`webhook: idle connections from ${whose}`, 2_250, await reviewed())
    idle.end()
  }
  const values = REVIEW.replace('"Workspace"}}', () => `"Workspace","x":[${Array(2_300_000).fill('{}').join(',')}]}}`)
  const attacker = client(ca, 2)
  const huge = Promise.allSettled([1, 2].map(() => post(attacker, `${url}/validate`, values)))
  note('webhook: reviews of 6.6 MiB with 2.3 million values, at once', 2, await reviewed())
  await huge
  await attacker.close()
  child.stop()
  rmSync(account, { recursive: true })
  return tallies
}
