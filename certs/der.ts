import forge from 'node-forge'

const { asn1 } = forge

/** One DER value under construction. */
export type Der = forge.asn1.Asn1

/**
 * The ASN.1 vocabulary of RFC 5280 that two certificate shapes need. node-forge only builds bytes here: it knows no
 * elliptic curves, so keys and signatures come from node:crypto (see mint.ts).
 */
export const sequence = (...members: readonly Der[]): Der =>
  asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [...members])

export const set = (...members: readonly Der[]): Der =>
  asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SET, true, [...members])

export const oid = (dotted: string): Der => primitive(asn1.Type.OID, asn1.oidToDer(dotted).getBytes())

export const utf8 = (text: string): Der => primitive(asn1.Type.UTF8, binary(Buffer.from(text, 'utf8')))

export const boolean = (value: boolean): Der => primitive(asn1.Type.BOOLEAN, value ? '\xff' : '\x00')

/** A non-negative INTEGER of any size from its big-endian bytes, in DER's shortest form. */
export function integer(bytes: Buffer): Der {
  const from = bytes.findIndex((byte) => byte !== 0)
  const shortest = from < 0 ? Buffer.of(0) : bytes.subarray(from)
  const negative = (shortest[0] ?? 0) >= 0x80
  return primitive(asn1.Type.INTEGER, binary(negative ? Buffer.concat([Buffer.of(0), shortest]) : shortest))
}

export const octets = (bytes: Buffer): Der => primitive(asn1.Type.OCTETSTRING, binary(bytes))

/** A BIT STRING; `unused` counts the bits of the last byte that do not belong to it. */
export const bits = (bytes: Buffer, unused = 0): Der =>
  primitive(asn1.Type.BITSTRING, binary(Buffer.concat([Buffer.of(unused), bytes])))

/** RFC 5280 4.1.2.5: UTCTime up to 2049, GeneralizedTime from 2050 on. Both have whole seconds. */
export const time = (date: Date): Der =>
  date.getUTCFullYear() < 2050
    ? primitive(asn1.Type.UTCTIME, asn1.dateToUtcTime(date))
    : primitive(asn1.Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date))

/** `[tag] EXPLICIT` or a constructed `[tag] IMPLICIT`. */
export const tagged = (tag: number, ...members: readonly Der[]): Der =>
  asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag, true, [...members])

/** A primitive `[tag] IMPLICIT`, as GeneralName and AuthorityKeyIdentifier use it. */
export const taggedBytes = (tag: number, bytes: Buffer): Der =>
  asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag, false, binary(bytes))

/** A value that is DER already, such as a public key exported by node:crypto. */
export const parsed = (der: Buffer): Der => asn1.fromDer(binary(der))

export const encode = (value: Der): Buffer => Buffer.from(asn1.toDer(value).getBytes(), 'latin1')

const primitive = (type: forge.asn1.Type, value: string): Der => asn1.create(asn1.Class.UNIVERSAL, type, false, value)

/** forge keeps bytes in strings, one character each. */
const binary = (bytes: Buffer): string => bytes.toString('latin1')
