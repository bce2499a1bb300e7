import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import { createLeaseLock } from '#src/kube/lease-lock.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { Elector } from '#src/runtime/leader.ts'
import { connect, until } from './harness.ts'
import { startTcpProxy } from './tcp-proxy.ts'

let plane: ControlPlane

beforeAll(async () => {
  plane = await startControlPlane()
})

afterAll(async () => {
  await plane?.stop()
})

/** Two fifths of the defaults (15, 10 and 2 s), but for the wait between attempts: what takes 17 s takes 6.4 s here. */
const durations = { leaseMs: 6000, renewMs: 4000, retryMs: 400 }

async function candidate(identity: string, lease: string, overrides: Partial<typeof durations> = {}) {
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(plane.url).port) })
  const { client, credentials } = connect(plane.kubeconfig, `https://127.0.0.1:${proxy.port}`, { retries: 0 })
  const elector = new Elector({
    lock: createLeaseLock(client, 'default', lease),
    identity,
    clock: systemClock,
    random: Math.random,
    wallTime: () => new Date(),
    ...durations,
    ...overrides,
  })
  const stop = new AbortController()
  const terms: { from: number; to: number }[] = []
  const running = elector.run(stop.signal, (signal) => {
    const term = { from: performance.now(), to: Number.POSITIVE_INFINITY }
    terms.push(term)
    return new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => {
        term.to = performance.now()
        resolve()
      }),
    )
  })
  const end = async () => {
    stop.abort()
    await running
    await credentials.close()
    await proxy.stop()
  }
  const leads = () => terms.at(-1)?.to === Number.POSITIVE_INFINITY
  return { leads, terms, proxy, stop, running, end }
}

type Candidate = Awaited<ReturnType<typeof candidate>>

function overlaps(...candidates: Candidate[]): boolean {
  const terms = candidates.flatMap(({ terms }) => terms).sort((a, b) => a.from - b.from)
  return terms.some((term, index) => (terms[index + 1]?.from ?? Number.POSITIVE_INFINITY) < term.to)
}

describe('leader election on a real Lease', () => {
  it('gives the lead to one of two, and to the other soon after the first is cut off, never to both', async () => {
    const both = [await candidate('a', 'cut'), await candidate('b', 'cut')] as const
    await until('a leader', 20_000, () => both.some(({ leads }) => leads()))
    const leader = both[0].leads() ? both[0] : both[1]
    const other = leader === both[0] ? both[1] : both[0]
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(other.leads()).toBe(false)
    leader.proxy.cut()
    // Lease, one attempt's wait with the largest jitter (2.2), and a margin for the machine.
    const most = durations.leaseMs + durations.retryMs * 2.2 + 5000
    const tookMs = await until('the other to lead', most, () => other.leads())
    console.log(`takeover ${Math.round(tookMs)} ms after the cut with a lease of ${durations.leaseMs} ms`)
    expect(await leader.running).toBe('lost')
    expect(overlaps(...both)).toBe(false)
    expect(both.flatMap(({ terms }) => terms)).toHaveLength(2)
    await Promise.all(both.map(({ end }) => end()))
  })

  it('hands over at once when the leader stops in good order', async () => {
    // A lease so long that it cannot have run out.
    const long = { leaseMs: 60_000, renewMs: 40_000 }
    const first = await candidate('a', 'handover', long)
    await until('a leader', 20_000, () => first.leads())
    const second = await candidate('b', 'handover', long)
    await new Promise((resolve) => setTimeout(resolve, 500))
    first.stop.abort()
    expect(await first.running).toBe('stopped')
    const tookMs = await until('the second to lead', 10_000, () => second.leads())
    console.log(`handover ${Math.round(tookMs)} ms`)
    expect(overlaps(first, second)).toBe(false)
    await first.end()
    await second.end()
  })

  it('has at most one leader among five that start together', async () => {
    const all = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((identity) => candidate(identity, 'crowd')))
    await until('a leader', 20_000, () => all.some(({ leads }) => leads()))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(all.filter(({ leads }) => leads())).toHaveLength(1)
    await Promise.all(all.map(({ end }) => end()))
    expect(overlaps(...all)).toBe(false)
  })
})
