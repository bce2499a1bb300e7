import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { advance, type Bundle, trustedBy } from '#certs/bundle.ts'
import { type Change, defaultPolicy } from '#certs/rotation.ts'
import { defaultTimeouts } from '#webhooks/server.ts'
import { agreeable, client, mint, names, post, serve, Tally } from './rig.ts'

const next = (bundle: Bundle, change: Change) => advance(bundle, change, names, defaultPolicy, new Date())

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
    for (let rotation = 0; rotation < rotations; rotation++) {
      bundle = next(next(bundle, 'introduce-authority'), 'confirm-published')
      await settle()
      await sleep(30)
      bundle = next(bundle, 'serve-next')
      server.use(bundle.leaf)
      await sleep(30)
      bundle = next(bundle, 'drop-previous')
      await settle()
      await sleep(30)
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
    const timeouts = { ...defaultTimeouts, leaving: 300 }
    const slowly = {
      ...agreeable,
      validate: async () => {
        await sleep(5)
        return { errors: [], warnings: [] }
      },
    }
    const start = () => serve(bundle, { timeouts, admission: slowly })
    let current = await start()
    const agent = client(bundle.authority.certificate, 8)
    let running = true
    const tally = new Tally()
    const workers = Array.from({ length: 16 }, async () => {
      while (running) await tally.of(() => post(agent, `${current.url}/validate`))
    })
    for (let replacement = 0; replacement < replacements; replacement++) {
      const leaving = current
      const arriving = await start()
      const drained = leaving.server.drain()
      // Endpoints learn a little later than the process that it is leaving.
      await sleep(100)
      current = arriving
      await drained
    }
    running = false
    await Promise.all(workers)
    await agent.close()
    await current.server.drain()
    console.log(`${replacements} replacements: ${tally.done} requests`)
    expect(tally.failures).toEqual([])
    expect(tally.done).toBeGreaterThan(500)
  })

  it('finishes what is in flight, asks callers to hang up, and is not ready meanwhile', async () => {
    const bundle = mint()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { server, url } = await serve(bundle, {
      timeouts: { ...defaultTimeouts, leaving: 100 },
      admission: { ...agreeable, validate: () => held.then(() => ({ errors: [], warnings: [] })) },
    })
    const agent = client(bundle.authority.certificate, 4)
    const inFlight = post(agent, `${url}/validate`)
    await sleep(50)
    const drained = server.drain()
    const meanwhile = await post(agent, `${url}/mutate`)
    expect([meanwhile.code, meanwhile.headers.connection]).toEqual([200, 'close'])
    const probe = await agent.request({ origin: url, path: '/readyz', method: 'GET' })
    expect(`${probe.statusCode} ${await probe.body.text()}`).toBe('503 shutting down')
    await sleep(300)
    await expect(post(client(bundle.authority.certificate, 1), `${url}/validate`)).rejects.toThrow('ECONNREFUSED')
    release()
    expect((await inFlight).code).toBe(200)
    await drained
    await agent.close()
  })

  it('cuts connections that do not end in time', async () => {
    const bundle = mint()
    const { server, url } = await serve(bundle, {
      budgetMs: 60_000,
      timeouts: { ...defaultTimeouts, leaving: 0, lastAnswers: 200 },
      admission: { ...agreeable, validate: () => new Promise(() => {}) },
    })
    const agent = client(bundle.authority.certificate, 1)
    const stuck = post(agent, `${url}/validate`).then(
      () => 'answered',
      () => 'cut',
    )
    await sleep(100)
    await server.drain()
    expect(await stuck).toBe('cut')
    await agent.close()
  })
})
