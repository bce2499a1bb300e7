import { createPrivateKey, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BACKDATE_MS, mintAuthority, mintLeaf, serviceNames } from '#certs/mint.ts'

const DAY = 86_400_000
const NOW = new Date('2026-11-23T12:00:00Z')
const names = {
  dns: serviceNames('kaito-webhook', 'kaito-system'),
  ips: ['127.0.0.1', '::1', '2001:db8::ff00:42:8329', '::ffff:10.1.2.3'],
}

const authority = mintAuthority(NOW, 365 * DAY)
const ca = new X509Certificate(authority.certificate)
const leaf = mintLeaf(authority, names, NOW, 90 * DAY)
const served = new X509Certificate(leaf.certificate)

describe('a minted certificate authority', () => {
  it('is a self-signed CA on P-256 whose key belongs to it', () => {
    expect(ca.ca).toBe(true)
    expect(ca.verify(ca.publicKey)).toBe(true)
    expect(ca.checkIssued(ca)).toBe(true)
    expect(ca.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    expect(ca.checkPrivateKey(createPrivateKey(authority.key))).toBe(true)
  })

  it('has a name of its own, so that two authorities are never mistaken for each other', () => {
    const other = new X509Certificate(mintAuthority(NOW, DAY).certificate)
    expect(other.subject).not.toBe(ca.subject)
    expect(served.checkIssued(other)).toBe(false)
    expect(served.verify(other.publicKey)).toBe(false)
  })
})

describe('a minted serving certificate', () => {
  it('is signed by its authority and is no authority itself', () => {
    expect(served.checkIssued(ca)).toBe(true)
    expect(served.verify(ca.publicKey)).toBe(true)
    expect(served.ca).toBe(false)
    expect(served.checkPrivateKey(createPrivateKey(leaf.key))).toBe(true)
  })

  it('speaks for the Service names and the addresses, and for nothing else', () => {
    for (const name of names.dns) expect(served.checkHost(name)).toBe(name)
    for (const ip of names.ips) expect(served.checkIP(ip)).toBe(ip)
    expect(served.checkHost('other.kaito-system.svc')).toBeUndefined()
    expect(served.checkHost('kaito-ts webhook')).toBeUndefined()
    expect(served.checkIP('127.0.0.2')).toBeUndefined()
  })

  it('is for TLS servers only', () => {
    expect(served.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  })

  it('is valid from five minutes ago until its lifetime ends', () => {
    expect(served.validFromDate.getTime()).toBe(NOW.getTime() - BACKDATE_MS)
    expect(served.validToDate.getTime()).toBe(NOW.getTime() + 90 * DAY)
  })

  it('never outlives its authority', () => {
    const late = new Date(NOW.getTime() + 364 * DAY)
    const clamped = new X509Certificate(mintLeaf(authority, names, late, 90 * DAY).certificate)
    expect(clamped.validToDate).toEqual(ca.validToDate)
  })

  it('has a positive serial of 127 random bits', () => {
    const serials = Array.from(
      { length: 20 },
      () => new X509Certificate(mintLeaf(authority, names, NOW, DAY).certificate).serialNumber,
    )
    expect(new Set(serials).size).toBe(20)
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/)
  })

  it('writes dates beyond 2049 as RFC 5280 asks', () => {
    const far = new Date('2051-03-04T05:06:07Z')
    const late = new X509Certificate(mintAuthority(far, DAY).certificate)
    expect(late.validToDate.toISOString()).toBe('2051-03-05T05:06:07.000Z')
  })

  it('is refused for a name or an address that is none, and for an authority without its key', () => {
    expect(() => mintLeaf(authority, { dns: [], ips: ['300.1.1.1'] }, NOW, DAY)).toThrow('not an IP address')
    expect(() => mintLeaf(authority, { dns: ['a_b.svc'] }, NOW, DAY)).toThrow('not a DNS name')
    const mixed = { certificate: authority.certificate, key: mintAuthority(NOW, DAY).key }
    expect(() => mintLeaf(mixed, names, NOW, DAY)).toThrow('does not belong')
  })
})
