import { createPrivateKey, X509Certificate } from 'node:crypto'
import { defined } from '#src/lib/defined.ts'
import type { Result } from '#src/lib/result.ts'
import type { Bundle } from './bundle.ts'
import type { KeyPair } from './mint.ts'
import type { CertSecret, StoredSecret } from './ports.ts'

/** A stored bundle, or why the Secret holds none that could be used. */
export type ReadBundle = Result<{ readonly bundle: Bundle }>

const KEY = {
  leaf: 'tls.crt',
  leafKey: 'tls.key',
  authority: 'ca.crt',
  authorityKey: 'ca.key',
  next: 'next-ca.crt',
  nextKey: 'next-ca.key',
  previous: 'previous-ca.crt',
} as const
const PUBLISHED_AT = 'certs.kaito.sh/next-published-at'
const REPLACED_AT = 'certs.kaito.sh/previous-since'

/**
 * The Secret that holds a bundle, of type `kubernetes.io/tls`. What others put on the stored one (labels, annotations,
 * its type, which cannot be changed) is kept, and its resourceVersion makes the write conditional.
 */
export function secretOf(
  bundle: Bundle,
  where: { namespace: string; name: string },
  stored?: StoredSecret,
): CertSecret {
  const { [PUBLISHED_AT]: _a, [REPLACED_AT]: _b, ...annotations } = stored?.metadata.annotations ?? {}
  const { next, previous } = bundle
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: stored?.type ?? 'kubernetes.io/tls',
    metadata: {
      ...where,
      ...(stored === undefined ? {} : { resourceVersion: stored.metadata.resourceVersion }),
      labels: { 'app.kubernetes.io/managed-by': 'kaito-ts', ...stored?.metadata.labels },
      annotations: {
        ...annotations,
        ...(next?.publishedAt === undefined ? {} : { [PUBLISHED_AT]: next.publishedAt.toISOString() }),
        ...(previous === undefined ? {} : { [REPLACED_AT]: previous.since.toISOString() }),
      },
    },
    data: {
      [KEY.leaf]: base64(bundle.leaf.certificate),
      [KEY.leafKey]: base64(bundle.leaf.key),
      [KEY.authority]: base64(bundle.authority.certificate),
      [KEY.authorityKey]: base64(bundle.authority.key),
      ...(next === undefined ? {} : { [KEY.next]: base64(next.certificate), [KEY.nextKey]: base64(next.key) }),
      ...(previous === undefined ? {} : { [KEY.previous]: base64(previous.certificate) }),
    },
  }
}

/** Reads a bundle back and checks that its parts belong together; a half-edited Secret must not be served. */
export function bundleOf(secret: CertSecret): ReadBundle {
  try {
    const bundle = decode(secret)
    const authority = new X509Certificate(bundle.authority.certificate)
    if (!belongs(bundle.authority)) return no(`${KEY.authorityKey} does not belong to ${KEY.authority}`)
    if (!belongs(bundle.leaf)) return no(`${KEY.leafKey} does not belong to ${KEY.leaf}`)
    if (bundle.next !== undefined && !belongs(bundle.next)) return no(`${KEY.nextKey} does not belong to ${KEY.next}`)
    if (bundle.previous !== undefined) new X509Certificate(bundle.previous.certificate)
    const leaf = new X509Certificate(bundle.leaf.certificate)
    if (!leaf.verify(authority.publicKey)) return no(`${KEY.leaf} is not signed by ${KEY.authority}`)
    return { ok: true, bundle }
  } catch (error) {
    return no(error instanceof Error ? error.message : String(error))
  }
}

const no = (reason: string): ReadBundle => ({ ok: false, reason })

function decode({ data, metadata }: CertSecret): Bundle {
  const next = data[KEY.next] === undefined ? undefined : pair(data, KEY.next, KEY.nextKey)
  const publishedAt = dateIn(metadata.annotations?.[PUBLISHED_AT])
  // Without its date an old authority would stay for ever; counting from 1970 drops it at the next opportunity.
  const since = dateIn(metadata.annotations?.[REPLACED_AT]) ?? new Date(0)
  return {
    authority: pair(data, KEY.authority, KEY.authorityKey),
    leaf: pair(data, KEY.leaf, KEY.leafKey),
    ...(next === undefined ? {} : { next: { ...next, ...defined({ publishedAt }) } }),
    ...(data[KEY.previous] === undefined ? {} : { previous: { certificate: text(data, KEY.previous), since } }),
  }
}

const pair = (data: CertSecret['data'], certificate: string, key: string): KeyPair => ({
  certificate: text(data, certificate),
  key: text(data, key),
})

function text(data: CertSecret['data'], key: string): string {
  const value = data[key]
  if (value === undefined || value === '') throw new Error(`${key} is missing`)
  return Buffer.from(value, 'base64').toString('utf8')
}

function dateIn(value: string | undefined): Date | undefined {
  const date = new Date(value ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

const belongs = (pair: KeyPair): boolean =>
  new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key))

const base64 = (value: string): string => Buffer.from(value, 'utf8').toString('base64')
