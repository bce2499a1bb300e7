import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { advance, type Bundle, trustedBy } from '#certs/bundle.ts'
import { defaultPolicy, type RotationStep } from '#certs/rotation.ts'
import { type Clock, systemClock } from '#src/runtime/clock.ts'
import { defaultTimeouts } from '#webhooks/server.ts'
import { agreeable, client, mint, names, post, serve, Tally } from './rig.ts'

const next = (bundle: Bundle, change: RotationStep) =>
  advance(bundle, change, { names, policy: defaultPolicy, now: new Date() })

describe('a webhook server under load', () => {
  it('fails no request while its certificate and its authority are replaced 20 times', async () => {
    const rotations = 20
    let bundle = mint()
    const { server, url } = await serve(bundle)
    // As an API server does: when caBundle changes, connections with the new trust are opened and the old ones used up.
    let keptAlive = client(trustedBy(bundle), 8)
    const handshakes = new Set<Promise<void>>()
    const settle = async () => {
      const old = keptAlive
      keptAlive = client(trustedBy(bundle), 8)
      await Promise.all([old.close(), ...handshakes])
    }
    let running = true
    const kept = new Tally()
    const fresh = new Tally()
    const workers = [
      ...Array.from({ length: 8 }, async () => {
        while (running) await kept.of(() => post(keptAlive, `${url}/validate`))
      }),
      ...Array.from({ length: 2 }, async () => {
        while (running) {
          const agent = client(trustedBy(bundle), 1)
          const call = fresh.of(() => post(agent, `${url}/mutate`))
          handshakes.add(call)
          await call
          handshakes.delete(call)
          await agent.close()
        }
      }),
    ]
    const some = () => Promise.all([kept.more(10), fresh.more(1)])
    for (let rotation = 0; rotation < rotations; rotation++) {
      bundle = next(next(bundle, 'introduce-authority'), 'confirm-published')
      await settle()
      await some()
      bundle = next(bundle, 'serve-next')
      server.use(bundle.leaf)
      await some()
      bundle = next(bundle, 'drop-previous')
      await settle()
      await some()
    }
    running = false
    await Promise.all(workers)
    await keptAlive.close()
    await server.drain()
    console.log(`${rotations} rotations: ${kept.done} kept-alive and ${fresh.done} fresh requests`)
    expect([...kept.failures, ...fresh.failures]).toEqual([])
    expect(kept.done).toBeGreaterThan(500)
    expect(fresh.done).toBeGreaterThan(rotations)
  })

  it('fails requests when a leaf is served before its authority is trusted, so that the test above can fail', async () => {
    const before = mint()
    const { server, url } = await serve(before)
    const agent = client(trustedBy(before), 1)
    server.use(mint().leaf)
    const tally = new Tally()
    await tally.of(() => post(agent, `${url}/validate`))
    expect(tally.failures).toHaveLength(1)
    await agent.close()
    await server.drain()
  })

  it('is replaced by another one without a failed request', async () => {
    const replacements = 10
    const bundle = mint()
    const slowly = {
      ...agreeable,
      validate: async () => {
        await sleep(5)
        return { errors: [], warnings: [] }
      },
    }
    const start = async () => {
      const leaving = held()
      const { server, url } = await serve(bundle, { ...leaving.options, admission: slowly })
      return { server, url, leaving, asked: new Set<Promise<void>>() }
    }
    let current = await start()
    const agent = client(bundle.authority.certificate, 8)
    let running = true
    const tally = new Tally()
    const workers = Array.from({ length: 16 }, async () => {
      while (running) {
        const { url, asked } = current
        const call = tally.of(() => post(agent, `${url}/validate`))
        asked.add(call)
        await call
        asked.delete(call)
      }
    })
    for (let replacement = 0; replacement < replacements; replacement++) {
      const old = current
      const arriving = await start()
      const drained = old.server.drain()
      // Endpoints learn a little later than the process that it is leaving.
      await sleep(100)
      current = arriving
      await Promise.all(old.asked)
      old.leaving.over()
      await tally.more(50)
      await drained
    }
    running = false
    await Promise.all(workers)
    await agent.close()
    current.leaving.over()
    await current.server.drain()
    console.log(`${replacements} replacements: ${tally.done} requests`)
    expect(tally.failures).toEqual([])
    expect(tally.done).toBeGreaterThan(500)
  })

  it('finishes what is in flight, asks callers to hang up, and is not ready meanwhile', async () => {
    const bundle = mint()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const { promise: inHand, resolve: arrived } = Promise.withResolvers<void>()
    const leaving = held()
    const { server, url } = await serve(bundle, {
      ...leaving.options,
      budgetMs: 60_000,
      admission: {
        ...agreeable,
        validate: async () => {
          arrived()
          await released
          return { errors: [], warnings: [] }
        },
      },
    })
    const agent = client(bundle.authority.certificate, 4)
    const inFlight = post(agent, `${url}/validate`)
    await inHand
    const drained = server.drain()
    const meanwhile = await post(agent, `${url}/mutate`)
    expect([meanwhile.code, meanwhile.headers.connection]).toEqual([200, 'close'])
    const probe = await agent.request({ origin: url, path: '/readyz', method: 'GET' })
    expect(`${probe.statusCode} ${await probe.body.text()}`).toBe('503 shutting down')
    leaving.over()
    const late = () => post(client(bundle.authority.certificate, 1), `${url}/mutate`).then(() => 'answered', String)
    await expect.poll(late, { timeout: 8_000 }).toContain('ECONNREFUSED')
    release()
    expect((await inFlight).code).toBe(200)
    await drained
    await agent.close()
  })

  it('cuts connections that do not end in time', async () => {
    const bundle = mint()
    const { promise: inHand, resolve: arrived } = Promise.withResolvers<void>()
    const { server, url } = await serve(bundle, {
      budgetMs: 60_000,
      timeouts: { ...defaultTimeouts, leaving: 0, lastAnswers: 200 },
      admission: {
        ...agreeable,
        validate: () => {
          arrived()
          return new Promise(() => {})
        },
      },
    })
    const agent = client(bundle.authority.certificate, 1)
    const stuck = post(agent, `${url}/validate`).then(
      () => 'answered',
      () => 'cut',
    )
    await inHand
    await server.drain()
    expect(await stuck).toBe('cut')
    await agent.close()
  })
})

const LEAVING_MS = 7_777

/**
 * Options of a server that leaves when the test says `over`. It is given so long that endpoints have learnt of it and
 * callers have had their answers; how long that takes on this machine is not what is tested.
 */
function held() {
  const { promise: end, resolve: over } = Promise.withResolvers<void>()
  const clock: Clock = {
    now: systemClock.now,
    after: (ms, fire) => {
      if (ms !== LEAVING_MS) return systemClock.after(ms, fire)
      void end.then(fire)
      return () => {}
    },
  }
  return { over, options: { clock, timeouts: { ...defaultTimeouts, leaving: LEAVING_MS } } }
}
