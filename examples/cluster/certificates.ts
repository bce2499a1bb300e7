import { generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import forge from 'node-forge'

/** PEM text of a certificate and its private key. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface CertificateRequest {
  readonly commonName: string
  readonly organization?: string
  readonly dnsNames?: readonly string[]
  readonly addresses?: readonly string[]
}

/** A certificate authority for one cluster, valid ten years: it is thrown away with the cluster. */
export async function mintAuthority(commonName: string): Promise<Certificate> {
  const key = await rsaKey()
  return sign({ commonName }, key, undefined)
}

/** A certificate signed by that authority, good for both ends of a connection. */
export async function mintCertificate(authority: Certificate, request: CertificateRequest): Promise<Certificate> {
  return sign(request, await rsaKey(), authority)
}

/** An RSA pair for signing service account tokens. */
export const rsaKey = async (): Promise<{ publicKey: string; privateKey: string }> =>
  promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })

function sign(
  request: CertificateRequest,
  key: { readonly publicKey: string; readonly privateKey: string },
  authority: Certificate | undefined,
): Certificate {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(key.publicKey)
  // A first byte from 01 to 7f keeps the serial number positive and in its shortest form, as DER demands.
  certificate.serialNumber = `40${randomBytes(15).toString('hex')}`
  const now = Date.now()
  certificate.validity.notBefore = new Date(now - 3_600_000)
  certificate.validity.notAfter = new Date(now + 10 * 365 * 86_400_000)
  const subject = [{ name: 'commonName', value: request.commonName }]
  if (request.organization !== undefined) subject.push({ name: 'organizationName', value: request.organization })
  certificate.setSubject(subject)
  const issuer = authority === undefined ? certificate : forge.pki.certificateFromPem(authority.cert)
  certificate.setIssuer(issuer.subject.attributes)
  certificate.setExtensions(authority === undefined ? authorityExtensions : leafExtensions(request))
  const signer = forge.pki.privateKeyFromPem(authority?.key ?? key.privateKey)
  certificate.sign(signer, forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(certificate), key: key.privateKey }
}

const authorityExtensions = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
]

function leafExtensions(request: CertificateRequest): object[] {
  const altNames = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 2, value })),
    ...(request.addresses ?? []).map((ip) => ({ type: 7, ip })),
  ]
  return [
    { name: 'basicConstraints', cA: false },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    ...(altNames.length === 0 ? [] : [{ name: 'subjectAltName', altNames }]),
  ]
}
