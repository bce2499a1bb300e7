import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attack } from '#test/bench/hostile/attackers.ts'
import { peakRssMiB } from '#test/bench/measure/process-cost.ts'
import { TUNED_IMAGE, tuningSpec } from '#test/support/workspaces.ts'
import { admissionReview } from '#test/unit/webhooks/admission-review.ts'
import { client, mint, post, Tally } from './rig.ts'

const MIB = 1024 * 1024
/** Of the container in the chart, and the heap that Node takes of it. */
const CONTAINER_MIB = 512
const HEAP = '--max-old-space-size=256'

const bundle = mint()
const ca = bundle.authority.certificate

/** The webhook as the operator runs it, in a process of its own, in front of an API server that accepts calls and never answers. */
describe('a webhook under attack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pressure-'))
  const silent = createServer((socket) => socket.on('error', () => {}))
  let child: ChildProcess
  let url: string
  let port: number

  beforeAll(async () => {
    writeFileSync(join(folder, 'token'), 'token')
    writeFileSync(join(folder, 'ca.crt'), ca)
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    port = (probe.address() as AddressInfo).port
    probe.close()
    child = fork(fileURLToPath(new URL('../../bench/contestants/webhook.ts', import.meta.url)), [], {
      execArgv: [HEAP, '--max-semi-space-size=2'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child.send({
      certificate: bundle.leaf,
      port,
      apiServer: `https://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      account: folder,
    })
    const [answer] = await once(child, 'message')
    url = answer.url
  })
  afterAll(() => {
    child.kill('SIGKILL')
    silent.close()
    rmSync(folder, { recursive: true })
  })

  const sound = () => {
    expect(child.exitCode ?? child.signalCode).toBe(null)
    expect(peakRssMiB(child.pid ?? 0)).toBeLessThan(CONTAINER_MIB)
  }

  /** What an API server at another address gets meanwhile: a connection for each review, and one that is kept. */
  async function reviews(count: number): Promise<Tally> {
    const tally = new Tally()
    const kept = client(ca, 1)
    for (let index = 0; index < count; index++) {
      const fresh = client(ca, 1)
      await tally.of(() => post(kept, `${url}/validate`, WORKSPACE))
      await tally.of(() => post(fresh, `${url}/validate`, WORKSPACE))
      await fresh.close()
    }
    await kept.close()
    return tally
  }

  it.each(['127.0.0.2', '127.0.0.1'])(
    'answers all reviews beside 100 bodies that never end, sent from %s',
    async (from) => {
      const attackers = await attack({ port, ca, from, count: 100 }, (socket) => {
        socket.write(POST(7 * MIB))
        socket.write(Buffer.alloc(6.9 * MIB, ' '))
      })
      const { failures, done } = await reviews(30)
      attackers.end()
      expect(failures).toEqual([])
      expect(done).toBe(60)
      sound()
    },
  )

  it('answers all reviews beside two of 6.6 MiB that hold 2 million values each', async () => {
    const body = REVIEW_OF(`{"x":[${Array(2_300_000).fill('{}').join(',')}]}`)
    const attacker = new Agent({ connections: 4, connect: { ca, localAddress: '127.0.0.2' } })
    const huge = Promise.all([1, 2].map(() => post(attacker, `${url}/validate`, body)))
    const { failures } = await reviews(10)
    expect(failures).toEqual([])
    expect((await huge).map(({ code }) => code)).toEqual([400, 400])
    await attacker.close()
    sound()
  })

  it('admits 200 Workspaces at once that name what the API server does not tell, with a warning each', async () => {
    const author = client(ca, 50)
    const bodies = Array.from({ length: 200 }, (_, index) => TUNING(index))
    const answers = await Promise.all(bodies.map((body) => post(author, `${url}/validate`, body)))
    expect(answers.filter(({ code, json }) => code !== 200 || json.response.allowed !== true)).toEqual([])
    expect(answers.filter(({ json }) => !json.response.warnings?.length)).toEqual([])
    await author.close()
    sound()
  })

  it('holds few of the large reviews that wait for look-ups, and asks the others to come again', async () => {
    const text = 'ä'.repeat(3.2 * MIB)
    const body = REVIEW_OF(JSON.stringify({ text }))
    const attacker = new Agent({ connections: 16, connect: { ca, localAddress: '127.0.0.2' } })
    const outcomes = Promise.allSettled(Array.from({ length: 16 }, () => post(attacker, `${url}/validate`, body)))
    const { failures } = await reviews(10)
    expect(failures).toEqual([])
    // One whose body is still being sent may see its connection cut before it reads why.
    const codes = (await outcomes).map((each) => (each.status === 'fulfilled' ? each.value.code : 503))
    expect(codes.filter((code) => code !== 200 && code !== 503)).toEqual([])
    await attacker.close()
    sound()
  })

  it('holds nothing of what was sent to a path that is none', async () => {
    const attacker = new Agent({ connections: 1, connect: { ca, localAddress: '127.0.0.2' } })
    for (let index = 0; index < 8; index++) {
      expect((await post(attacker, `${url}/other`, Buffer.alloc(6 * MIB, ' '))).code).toBe(404)
    }
    // More than the address may hold: one of this size would be refused if anything had stayed.
    expect((await post(attacker, `${url}/validate`, Buffer.alloc(6 * MIB, ' '))).code).toBe(400)
    await attacker.close()
    sound()
  })

  it.each(['127.0.0.2', '127.0.0.1'])('answers all reviews beside 2,250 idle connections from %s', async (from) => {
    const attackers = await attack({ port, ca, from, count: 2_250 }, (socket) =>
      socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'),
    )
    const { failures, done } = await reviews(30)
    expect(failures).toEqual([])
    expect(done).toBe(60)
    expect(attackers.held()).toBeGreaterThan(500)
    attackers.end()
    sound()
  })
})

const POST = (length: number) =>
  `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

const object = {
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  metadata: { name: 'phi', namespace: 'default' },
  resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'phi' } } },
}
const WORKSPACE = JSON.stringify(
  admissionReview({ object: { ...object, inference: { preset: { name: 'phi-3-mini-4k-instruct' } } } }),
)
const TUNING = (index: number) => JSON.stringify(admissionReview({ object: { ...object, tuning: tuning(index) } }))
const tuning = (index: number) => ({
  ...tuningSpec().tuning,
  config: `config-${index}`,
  output: { image: TUNED_IMAGE, imagePushSecret: `secret-${index}` },
})
/** Its configuration has to be looked up, so it is in hand for a while. */
const REVIEW_OF = (template: string) =>
  JSON.stringify(admissionReview({ object: { ...object, inference: { template: '@', config: 'settings' } } })).replace(
    '"@"',
    () => template,
  )
