import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { mintAuthority, mintLeaf, serviceNames } from '#certs/mint.ts'

const DAY = 86_400_000
const folder = mkdtempSync(join(tmpdir(), 'kaito-ts-openssl-'))
afterAll(() => rmSync(folder, { recursive: true }))

const authority = mintAuthority(new Date(), 365 * DAY)
const names = { dns: serviceNames('kaito-webhook', 'kaito-system'), ips: ['127.0.0.1', '2001:db8::1'] }
const leaf = mintLeaf(authority, names, new Date(), 90 * DAY)

const file = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const ca = file('ca.crt', authority.certificate)
const served = file('tls.crt', leaf.certificate)
const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })
const strict = ['verify', '-x509_strict', '-check_ss_sig']

describe('OpenSSL in strict mode', () => {
  it('accepts the authority and the serving certificate', () => {
    expect(openssl(...strict, '-CAfile', ca, ca)).toContain('OK')
    expect(openssl(...strict, '-purpose', 'sslserver', '-CAfile', ca, served)).toContain('OK')
    expect(() => openssl(...strict, '-purpose', 'sslclient', '-CAfile', ca, served)).toThrow(
      'unsuitable certificate purpose',
    )
  })

  it('accepts every name of the certificate and no other', () => {
    for (const name of names.dns)
      expect(openssl(...strict, '-CAfile', ca, '-verify_hostname', name, served)).toContain('OK')
    for (const ip of names.ips) expect(openssl(...strict, '-CAfile', ca, '-verify_ip', ip, served)).toContain('OK')
    expect(() => openssl(...strict, '-CAfile', ca, '-verify_hostname', 'other.svc', served)).toThrow('ostname mismatch')
  })

  it('refuses a certificate under another authority', () => {
    const other = file('other.crt', mintAuthority(new Date(), DAY).certificate)
    expect(() => openssl(...strict, '-CAfile', other, served)).toThrow('unable to get local issuer certificate')
  })

  it('sees the shape that RFC 5280 asks for', () => {
    const text = openssl('x509', '-in', served, '-noout', '-text')
    for (const line of [
      'Version: 3 (0x2)',
      'ecdsa-with-SHA256',
      'NIST CURVE: P-256',
      'X509v3 Basic Constraints: critical\n                CA:FALSE',
      'X509v3 Key Usage: critical\n                Digital Signature',
      'TLS Web Server Authentication',
      'X509v3 Subject Key Identifier',
      'X509v3 Authority Key Identifier',
      'DNS:kaito-webhook.kaito-system.svc, DNS:kaito-webhook.kaito-system.svc.cluster.local, IP Address:127.0.0.1',
    ]) {
      expect(text).toContain(line)
    }
    expect(openssl('x509', '-in', ca, '-noout', '-text')).toContain('CA:TRUE, pathlen:0')
  })
})
