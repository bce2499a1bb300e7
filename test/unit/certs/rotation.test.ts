import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { advance, type Bundle, newBundle, trustedBy } from '#certs/bundle.ts'
import { serviceNames } from '#certs/mint.ts'
import { defaultPolicy, nextStep } from '#certs/rotation.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const START = new Date('2026-01-01T00:00:00Z')
const day = (days: number, ms = 0) => new Date(START.getTime() + days * DAY + ms)
const names = { dns: serviceNames('webhook', 'kaito') }

const fresh = newBundle({ names, policy: defaultPolicy, now: START })
const change = (bundle: Bundle, to: Parameters<typeof advance>[1], now: Date) =>
  advance(bundle, to, { names, policy: defaultPolicy, now })
const at = (bundle: Bundle, now: Date) => nextStep(bundle, names, now, defaultPolicy).do

const renewed = change(fresh, 'renew-leaf', day(240))
const introduced = change(renewed, 'introduce-authority', day(244))
const confirmed = change(introduced, 'confirm-published', day(244))
const served = change(confirmed, 'serve-next', day(244, HOUR))
const settled = change(served, 'drop-previous', day(246))

describe('the next step of a rotation', () => {
  it.each([
    ['on the first day', fresh, day(0), 'keep'],
    ['before two thirds of a leaf', fresh, day(59.9), 'keep'],
    ['at two thirds of a leaf', fresh, day(60), 'renew-leaf'],
    ['with a leaf that has expired but an authority that has not', fresh, day(91), 'renew-leaf'],
    ['when everything has expired', fresh, day(366), 'start-over'],
    ['before two thirds of an authority', renewed, day(243), 'keep'],
    ['at two thirds of an authority', renewed, day(243.4), 'introduce-authority'],
    ['with a new authority that nobody is known to trust', introduced, day(244), 'confirm-published'],
    ['with a trusted new authority, too early', confirmed, day(244, defaultPolicy.settleMs - 1), 'keep'],
    ['with a trusted new authority, in time', confirmed, day(244, defaultPolicy.settleMs), 'serve-next'],
    ['while the old authority may still be in use', served, day(244, HOUR + DAY - 1), 'keep'],
    ['when it cannot be any more', served, day(244, HOUR + DAY), 'drop-previous'],
    ['afterwards', settled, day(246), 'keep'],
  ])('%s', (_when, bundle, now, expected) => {
    expect(at(bundle, now)).toBe(expected)
  })

  it('says until when there is nothing to do', () => {
    expect(nextStep(fresh, names, day(1), defaultPolicy)).toEqual({ do: 'keep', until: day(60) })
    expect(nextStep(confirmed, names, day(244), defaultPolicy)).toEqual({
      do: 'keep',
      until: day(244, defaultPolicy.settleMs),
    })
  })

  it('renews a leaf that does not have the names it is needed for', () => {
    expect(nextStep(fresh, { dns: [...names.dns, 'new.kaito.svc'] }, day(1), defaultPolicy)).toEqual({
      do: 'renew-leaf',
      reason: 'the certificate does not name new.kaito.svc',
    })
  })

  it('does not renew a leaf for ever that cannot outlive its authority', () => {
    const last = change(fresh, 'renew-leaf', day(360))
    const introduced = change(last, 'introduce-authority', day(364))
    expect(at(last, day(364))).toBe('introduce-authority')
    expect(at(introduced, day(364))).toBe('confirm-published')
  })
})

describe('a rotation of the authority', () => {
  const every: [string, Bundle][] = Object.entries({ fresh, renewed, introduced, confirmed, served, settled })

  it.each(every)('serves a leaf of a trusted authority when %s', (_name, bundle) => {
    const leaf = new X509Certificate(bundle.leaf.certificate)
    const trusted = trustedBy(bundle).split(/(?<=-----END CERTIFICATE-----\n)/)
    expect(trusted.some((pem) => leaf.verify(new X509Certificate(pem).publicKey))).toBe(true)
  })

  it('trusts the old and the new one from the introduction to the end of the grace', () => {
    expect(trustedBy(introduced)).toBe(introduced.authority.certificate + introduced.next?.certificate)
    expect(trustedBy(confirmed)).toBe(trustedBy(introduced))
    expect(trustedBy(served)).toBe(confirmed.next?.certificate + confirmed.authority.certificate)
    expect(trustedBy(settled)).toBe(confirmed.next?.certificate)
  })

  it('reaches a steady state from any day of the year within a handful of steps', () => {
    for (let days = 0; days < 800; days += 7) {
      let bundle = fresh
      let now = day(days)
      const seen: string[] = []
      for (
        let step = nextStep(bundle, names, now, defaultPolicy);
        ;
        step = nextStep(bundle, names, now, defaultPolicy)
      ) {
        seen.push(step.do)
        if (step.do !== 'keep') bundle = change(bundle, step.do, now)
        else if (bundle.next === undefined && bundle.previous === undefined) break
        else now = step.until
        expect(seen.length, seen.join(' ')).toBeLessThan(10)
      }
    }
  })
})
