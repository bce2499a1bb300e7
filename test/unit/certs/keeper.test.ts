import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trustedBy } from '#certs/bundle.ts'
import { CertKeeper, type KeeperOptions } from '#certs/keeper.ts'
import { defaultPolicy } from '#certs/rotation.ts'
import { bundleOf } from '#certs/secret.ts'
import { firstCertificate } from '#certs/source.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { deafToCerts } from '#test/support/deaf-observers.ts'
import { MemoryCluster } from './memory-cluster.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const START = Date.parse('2026-01-01T00:00:00Z')

/** A cluster with both configurations, a clock to turn, and a way to start replicas on them. */
function rig() {
  const cluster = new MemoryCluster()
  const webhooks = ['validating', 'mutating'].map((name) => cluster.addConfiguration(name))
  const state = { now: START }
  const changes: string[] = []
  const replica = (overrides: Partial<KeeperOptions> = {}) =>
    new CertKeeper({
      ports: cluster,
      secret: { namespace: 'kaito', name: 'webhook-cert' },
      names: { dns: ['webhook.kaito.svc'] },
      webhooks,
      policy: defaultPolicy,
      leads: () => true,
      observer: { ...deafToCerts, changed: (change) => changes.push(change) },
      clock: systemClock,
      now: () => new Date(state.now),
      random: () => 0.5,
      pollMs: 10_000,
      ...overrides,
    })
  return { cluster, state, changes, replica }
}

const isTrusted = (leaf: string, trusted: string) =>
  trusted
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .some((pem) => new X509Certificate(leaf).verify(new X509Certificate(pem).publicKey))

const stored = (cluster: MemoryCluster) => {
  const read = cluster.secret === undefined ? undefined : bundleOf(cluster.secret)
  if (!read?.ok) throw new Error('no bundle is stored')
  return read.bundle
}

describe('a keeper', () => {
  it('puts no authority into a configuration that has the name and leads to the Service of somebody else', async () => {
    const { cluster, replica } = rig()
    const service = { namespace: 'kaito', name: 'webhook' }
    const webhooks = [
      cluster.addConfiguration('ours', undefined, service),
      cluster.addConfiguration('theirs', undefined, { ...service, namespace: 'upstream' }),
      cluster.addConfiguration('by-address'),
    ]
    await replica({ webhooks, service }).pass()
    const bundle = trustedBy(stored(cluster))
    expect(['ours', 'theirs', 'by-address'].map((name) => cluster.trusted(name))).toEqual([bundle, '', bundle])
  })

  it('makes the Secret, lets both configurations trust it, and serves it', async () => {
    const { cluster, changes, replica } = rig()
    const keeper = replica()
    await keeper.pass()
    const bundle = stored(cluster)
    expect(keeper.current()).toEqual(bundle.leaf)
    expect(['validating', 'mutating'].map((name) => cluster.trusted(name))).toEqual([
      trustedBy(bundle),
      trustedBy(bundle),
    ])
    expect(changes).toEqual(['create'])
  })

  it('writes nothing when there is nothing to do', async () => {
    const { cluster, state, replica } = rig()
    const keeper = replica()
    await keeper.pass()
    const { writes } = cluster
    for (state.now += HOUR; state.now < START + 59 * DAY; state.now += DAY) await keeper.pass()
    expect(cluster.writes).toBe(writes)
  })

  it('leads the authority through its whole succession and tells listeners about each leaf', async () => {
    const { cluster, state, changes, replica } = rig()
    const keeper = replica()
    await keeper.pass()
    const first = stored(cluster)
    const served: string[] = []
    keeper.onChange((certificate) => served.push(certificate.certificate))
    for (let hours = 0; hours < 250 * 24; hours += 6) {
      state.now = START + hours * HOUR
      await keeper.pass()
    }
    expect(changes).toEqual([
      'create',
      'renew-leaf',
      'renew-leaf',
      'renew-leaf',
      'renew-leaf',
      'introduce-authority',
      'confirm-published',
      'serve-next',
      'drop-previous',
    ])
    expect(new Set(served).size).toBe(5)
    expect(trustedBy(stored(cluster))).not.toContain(first.authority.certificate)
  })

  it('puts its trust back when somebody else has overwritten it', async () => {
    const { cluster, replica } = rig()
    const keeper = replica()
    await keeper.pass()
    cluster.addConfiguration('validating', Buffer.from('something else').toString('base64'))
    await keeper.pass()
    expect(cluster.trusted('validating')).toBe(trustedBy(stored(cluster)))
  })

  it('waits anew when a configuration lost the new authority before it was served', async () => {
    const { cluster, state, changes, replica } = rig()
    const keeper = replica()
    for (const days of [0, 60, 120, 180, 240]) {
      state.now = START + days * DAY
      await keeper.pass()
    }
    state.now = START + 244 * DAY
    await keeper.pass()
    cluster.addConfiguration('mutating')
    state.now += defaultPolicy.settleMs
    await keeper.pass()
    expect(changes.slice(-2)).toEqual(['confirm-published', 'confirm-published'])
    state.now += defaultPolicy.settleMs
    await keeper.pass()
    expect(changes.at(-1)).toBe('serve-next')
  })

  it('starts over when the Secret is damaged', async () => {
    const { cluster, changes, replica } = rig()
    const keeper = replica()
    await keeper.pass()
    if (cluster.secret !== undefined) cluster.secret = { ...cluster.secret, data: { 'tls.crt': '', 'tls.key': '' } }
    await keeper.pass()
    expect(changes).toEqual(['create', 'create'])
    expect(keeper.current()).toEqual(stored(cluster).leaf)
    expect(isTrusted(stored(cluster).leaf.certificate, cluster.trusted('validating'))).toBe(true)
  })

  it('only follows while another one leads', async () => {
    const { cluster, replica } = rig()
    const follower = replica({ leads: () => false })
    await follower.pass()
    expect([cluster.secret, follower.current()]).toEqual([undefined, undefined])
    await replica().pass()
    const { writes } = cluster
    await follower.pass()
    expect(follower.current()).toEqual(stored(cluster).leaf)
    expect(cluster.writes).toBe(writes)
  })

  it('works without the configurations, which may be installed later', async () => {
    const { cluster, replica } = rig()
    cluster.configurations.clear()
    const keeper = replica()
    await keeper.pass()
    expect(keeper.current()).toBeDefined()
    cluster.addConfiguration('mutating')
    await keeper.pass()
    expect(cluster.trusted('mutating')).toBe(trustedBy(stored(cluster)))
  })

  it('goes on after an error and when it is woken', async () => {
    const { cluster, replica } = rig()
    const failures: unknown[] = []
    let broken = true
    cluster.before = async () => {
      if (broken) throw new Error('no connection')
    }
    const observer = {
      ...deafToCerts,
      failed: (error: unknown) => {
        failures.push(error)
        broken = false
      },
    }
    const keeper = replica({
      observer,
      pollMs: 1_000_000,
      clock: { now: () => 0, after: (_ms, fire) => systemClock.after(1, fire) },
    })
    const stop = new AbortController()
    const running = keeper.run(stop.signal)
    const first = await firstCertificate(keeper, AbortSignal.timeout(5_000))
    expect(first).toEqual(stored(cluster).leaf)
    expect(failures.length).toBeGreaterThan(0)
    stop.abort()
    await running
  })
})

describe('several keepers at once', () => {
  /** A leaf lives three days, an authority nine; an API server may see a configuration this much later than we do. */
  const policy = { ...defaultPolicy, authorityMs: 9 * DAY, leafMs: 3 * DAY }
  const LAG_MS = policy.settleMs / 2

  it('never serve what an API server does not trust, however their calls interleave', async () => {
    const leaps = fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 24, maxLength: 24 })
    const delays = fc.infiniteStream(
      fc.oneof({ weight: 10, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(policy.settleMs) }),
    )
    let successions = 0
    const property = fc.asyncProperty(fc.scheduler(), leaps, delays, async (scheduler, hours, delay) => {
      const { cluster, state, changes, replica } = rig()
      const keepers = [replica({ policy }), replica({ policy }), replica({ policy, leads: () => false })]
      const seen: { readonly at: number; readonly trusted: readonly string[] }[] = []
      const check = () => {
        const recent = seen.filter((_, index) => (seen[index + 1]?.at ?? Number.POSITIVE_INFINITY) > state.now - LAG_MS)
        for (const leaf of new Set(keepers.map((keeper) => keeper.current()?.certificate))) {
          if (leaf === undefined || new X509Certificate(leaf).validToDate.getTime() <= state.now) continue
          for (const trusted of new Set(recent.flatMap((one) => one.trusted)))
            expect(isTrusted(leaf, trusted)).toBe(true)
        }
      }
      for (const keeper of keepers) keeper.onChange(check)
      cluster.after = () => {
        const trusted = [...cluster.configurations.keys()].map((name) => cluster.trusted(name)).filter(Boolean)
        seen.push({ at: state.now, trusted })
      }
      cluster.before = async (operation) => {
        await scheduler.schedule(Promise.resolve(), operation)
        // A call may take so long that a replica acts on what was true a whole settling time ago.
        state.now += delay.next().value
      }
      await scheduler.waitFor(keepers[0]?.pass() ?? Promise.resolve())
      for (const leap of hours) {
        state.now += leap * HOUR
        await scheduler.waitFor(Promise.all(keepers.map((keeper) => keeper.pass())))
        check()
      }
      successions += changes.filter((change) => change === 'serve-next').length
    })
    await fc.assert(property, { numRuns: 40 })
    expect(successions).toBeGreaterThan(10)
  }, 60_000)
})
