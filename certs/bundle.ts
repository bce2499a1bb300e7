import { type KeyPair, mintAuthority, mintLeaf, type ServingNames } from './mint.ts'
import type { RotationPolicy, RotationStep } from './rotation.ts'

/**
 * Everything the webhook's trust consists of. During a change of authority two are trusted: first the current one and
 * its `next`, then the current one and its `previous`.
 */
export interface Bundle {
  readonly authority: KeyPair
  /** What is served; always signed by `authority`. */
  readonly leaf: KeyPair
  /** The authority to come. `publishedAt`: since when every webhook configuration has been trusting it. */
  readonly next?: KeyPair & { readonly publishedAt?: Date }
  /** The authority that has been replaced at `since`, trusted while anybody may still serve a leaf of it. */
  readonly previous?: { readonly certificate: string; readonly since: Date }
}

/** The PEM certificates that API servers must trust, which is what `caBundle` carries. */
export const trustedBy = (bundle: Bundle): string =>
  [bundle.authority.certificate, bundle.next?.certificate, bundle.previous?.certificate]
    .filter((pem) => pem !== undefined)
    .join('')

/** What certificates are made for, by which rules, and when. */
interface Making {
  readonly names: ServingNames
  readonly policy: RotationPolicy
  readonly now: Date
}

/** A bundle from nothing: for the first start, or when what was stored protects nobody any more. */
export function newBundle({ names, policy, now }: Making): Bundle {
  const authority = mintAuthority(now, policy.authorityMs)
  return { authority, leaf: mintLeaf(authority, names, now, policy.leafMs) }
}

/** Carries out one change that `nextStep` asked for. Keys are made here; the decision was pure. */
export function advance(bundle: Bundle, change: RotationStep, making: Making): Bundle {
  const { names, policy, now } = making
  const { next, previous, ...steady } = bundle
  switch (change) {
    case 'start-over':
      return newBundle(making)
    case 'renew-leaf':
      return { ...bundle, leaf: mintLeaf(bundle.authority, names, now, policy.leafMs) }
    case 'introduce-authority':
      return { ...bundle, next: mintAuthority(now, policy.authorityMs) }
    case 'confirm-published':
      return next === undefined ? bundle : { ...bundle, next: { ...next, publishedAt: now } }
    case 'serve-next':
      return next === undefined ? bundle : succeed(bundle, next, making)
    case 'drop-previous':
      return next === undefined ? steady : { ...steady, next }
  }
}

function succeed(bundle: Bundle, next: KeyPair, { names, policy, now }: Making): Bundle {
  const authority = { certificate: next.certificate, key: next.key }
  return {
    authority,
    leaf: mintLeaf(authority, names, now, policy.leafMs),
    previous: { certificate: bundle.authority.certificate, since: now },
  }
}
