import { isIPv4 } from 'node:net'
import { bits, boolean, type Der, encode, integer, octets, oid, sequence, taggedBytes } from './der.ts'

/** What makes a certificate an authority: it may sign certificates (and only leaves: path length 0). */
export const authorityExtensions = (keyId: Buffer): Der =>
  sequence(
    critical(BASIC_CONSTRAINTS, sequence(boolean(true), integer(Buffer.of(0)))),
    critical(KEY_USAGE, bits(Buffer.of(0b0000_0110), 1)), // keyCertSign, cRLSign
    plain(SUBJECT_KEY_ID, octets(keyId)),
  )

/** What makes a certificate a TLS server's, for the given names. */
export const leafExtensions = (
  names: { readonly dns: readonly string[]; readonly ips: readonly string[] },
  keyId: Buffer,
  issuerKeyId: Buffer,
): Der =>
  sequence(
    critical(BASIC_CONSTRAINTS, sequence()),
    critical(KEY_USAGE, bits(Buffer.of(0b1000_0000), 7)), // digitalSignature: all that ECDSA does in TLS
    plain(EXTENDED_KEY_USAGE, sequence(oid('1.3.6.1.5.5.7.3.1'))), // serverAuth
    plain(SUBJECT_KEY_ID, octets(keyId)),
    plain(AUTHORITY_KEY_ID, sequence(taggedBytes(0, issuerKeyId))),
    plain(
      SUBJECT_ALT_NAME,
      sequence(
        ...names.dns.map((name) => taggedBytes(2, Buffer.from(name, 'ascii'))),
        ...names.ips.map((ip) => taggedBytes(7, ipBytes(ip))),
      ),
    ),
  )

const BASIC_CONSTRAINTS = '2.5.29.19'
const KEY_USAGE = '2.5.29.15'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const SUBJECT_KEY_ID = '2.5.29.14'
const AUTHORITY_KEY_ID = '2.5.29.35'
const SUBJECT_ALT_NAME = '2.5.29.17'

const critical = (id: string, value: Der): Der => sequence(oid(id), boolean(true), octets(encode(value)))
const plain = (id: string, value: Der): Der => sequence(oid(id), octets(encode(value)))

/** 4 or 16 bytes of an address that has been checked with `isIP`. */
function ipBytes(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.from(ip.split('.').map(Number))
  const [head = '', tail] = (ip.split('%')[0] ?? '').split('::')
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const gap = Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0)
  const words = tail === undefined ? left : [...left, ...gap, ...right]
  return Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]))
}

/** The 16-bit groups of one side of `::`; a dotted IPv4 tail counts as two. */
const groups = (text: string): number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((part) => {
        if (!part.includes('.')) return [Number.parseInt(part, 16)]
        const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
        return [(a << 8) | b, (c << 8) | d]
      })
