import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { isIP } from 'node:net'
import { isDnsSubdomain } from '#src/lib/dns-label.ts'
import { bits, type Der, encode, integer, oid, parsed, sequence, set, tagged, time, utf8 } from './der.ts'
import { authorityExtensions, leafExtensions } from './extensions.ts'

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

/** Who a serving certificate speaks for. `ips` is for servers reached without a Service. */
export interface ServingNames {
  readonly dns: readonly string[]
  readonly ips?: readonly string[]
}

/** Clocks of API servers and ours differ a little: a certificate is valid from five minutes before it was made. */
export const BACKDATE_MS = 5 * 60_000

/** The names under which the API server (`<svc>.<ns>.svc`) and everybody else reach a Service. */
export const serviceNames = (service: string, namespace: string): string[] => [
  `${service}.${namespace}.svc`,
  `${service}.${namespace}.svc.cluster.local`,
]

/** A new self-signed P-256 certificate authority that may sign leaves only. Lifetime in ms from `now`. */
export function mintAuthority(now: Date, lifetimeMs: number): KeyPair {
  const { publicKey, privateKey } = newKeys()
  // The name is unique so that, while two authorities are trusted, no verifier has to guess which of them signed.
  const subject = commonName(`kaito-ts webhook CA ${randomBytes(4).toString('hex')}`)
  return issue({
    subject,
    issuer: subject,
    publicKey,
    key: privateKey,
    signer: privateKey,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + lifetimeMs),
    extensions: authorityExtensions(keyId(publicKey)),
  })
}

/**
 * A new P-256 serving certificate, signed by the authority and never outliving it. Lifetime in ms from `now`.
 * Throws when a name or an IP is none, or when the authority's key does not belong to its certificate.
 */
export function mintLeaf(authority: KeyPair, names: ServingNames, now: Date, lifetimeMs: number): KeyPair {
  const ips = names.ips ?? []
  const noAddress = ips.find((ip) => isIP(ip) === 0)
  if (noAddress !== undefined) throw new Error(`"${noAddress}" is not an IP address`)
  const noName = names.dns.find((name) => !isDnsSubdomain(name))
  if (noName !== undefined) throw new Error(`"${noName}" is not a DNS name`)
  const issuer = new X509Certificate(authority.certificate)
  const signer = createPrivateKey(authority.key)
  if (!issuer.checkPrivateKey(signer)) throw new Error("the authority's key does not belong to its certificate")
  const issuerKey = issuer.publicKey.export({ type: 'spki', format: 'der' })
  const { publicKey, privateKey } = newKeys()
  return issue({
    subject: commonName('kaito-ts webhook'),
    issuer: nameOf(issuer),
    publicKey,
    key: privateKey,
    signer: authority.key,
    notBefore: new Date(Math.max(now.getTime() - BACKDATE_MS, issuer.validFromDate.getTime())),
    notAfter: new Date(Math.min(now.getTime() + lifetimeMs, issuer.validToDate.getTime())),
    extensions: leafExtensions({ dns: names.dns, ips }, keyId(publicKey), keyId(issuerKey)),
  })
}

interface Certificate {
  readonly subject: Der
  readonly issuer: Der
  readonly publicKey: Buffer
  readonly key: string
  readonly signer: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly extensions: Der
}

function issue(wanted: Certificate): KeyPair {
  const toBeSigned = sequence(
    tagged(0, integer(Buffer.of(2))), // version 3
    integer(newSerial()),
    ecdsaWithSha256(),
    wanted.issuer,
    sequence(time(wanted.notBefore), time(wanted.notAfter)),
    wanted.subject,
    parsed(wanted.publicKey),
    tagged(3, wanted.extensions),
  )
  const signature = sign('sha256', encode(toBeSigned), { key: wanted.signer, dsaEncoding: 'der' })
  const der = encode(sequence(toBeSigned, ecdsaWithSha256(), bits(signature)))
  return { certificate: new X509Certificate(der).toString(), key: wanted.key }
}

const newKeys = () =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })

/** 127 random bits, never zero and never negative: RFC 5280 wants at most 20 octets, browsers' rules at least 64 bits. */
function newSerial(): Buffer {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial
}

/** RFC 7093 method 1: the first 160 bits of SHA-256 over the public key's bits (SHA-1 is on its way out). */
function keyId(spki: Buffer): Buffer {
  const point = createPublicKey({ key: spki, type: 'spki', format: 'der' }).export({ format: 'jwk' })
  const bytes = [Buffer.of(4), Buffer.from(point.x ?? '', 'base64url'), Buffer.from(point.y ?? '', 'base64url')]
  return createHash('sha256').update(Buffer.concat(bytes)).digest().subarray(0, 20)
}

const ecdsaWithSha256 = (): Der => sequence(oid('1.2.840.10045.4.3.2'))

const commonName = (text: string): Der => sequence(set(sequence(oid('2.5.4.3'), utf8(text))))

/** Only names made by `commonName` occur: a foreign authority (another product's Secret) is refused, not guessed at. */
function nameOf(issuer: X509Certificate): Der {
  const [, text] = /^CN=([^\n]+)$/.exec(issuer.subject) ?? []
  if (text === undefined) throw new Error(`the authority's name is not one of ours: ${issuer.subject}`)
  return commonName(text)
}
