import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { mintAuthority, mintCertificate } from '#examples/cluster/certificates.ts'

test('a minted certificate is signed by its authority and names its addresses', async () => {
  const authority = await mintAuthority('test')
  const minted = await mintCertificate(authority, {
    commonName: 'kube-apiserver',
    organization: 'system:masters',
    dnsNames: ['kubernetes.default'],
    addresses: ['127.0.0.1', '10.96.0.1'],
  })
  const certificate = new X509Certificate(minted.cert)
  expect(certificate.verify(new X509Certificate(authority.cert).publicKey)).toBe(true)
  expect(certificate.checkIP('10.96.0.1')).toBe('10.96.0.1')
  expect(certificate.checkHost('kubernetes.default')).toBe('kubernetes.default')
  expect(certificate.subject).toContain('O=system:masters')
})

test('a certificate of one authority does not pass for one of another', async () => {
  const [one, other] = await Promise.all([mintAuthority('same name'), mintAuthority('same name')])
  const minted = await mintCertificate(one, { commonName: 'x' })
  expect(new X509Certificate(minted.cert).verify(new X509Certificate(other.cert).publicKey)).toBe(false)
})
