import { X509Certificate } from 'node:crypto'
import type { Bundle } from './bundle.ts'
import { BACKDATE_MS, type ServingNames } from './mint.ts'

/** All durations in ms. */
export interface RotationPolicy {
  readonly authorityMs: number
  readonly leafMs: number
  /** The part of a lifetime after which its successor is made: 2/3 leaves a month of a 90-day leaf for repairs. */
  readonly renewAt: number
  /** From "all configurations carry both authorities" to the first leaf of the new one: every API server's watch has it by then. */
  readonly settleMs: number
  /** How long a replaced authority stays trusted: a replica that cannot read the Secret goes on serving its old leaf. */
  readonly graceMs: number
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export const defaultPolicy: RotationPolicy = {
  authorityMs: 365 * DAY_MS,
  leafMs: 90 * DAY_MS,
  renewAt: 2 / 3,
  settleMs: 5 * MINUTE_MS,
  graceMs: DAY_MS,
}

/** What may be done to a bundle; each is one write of the Secret. */
export type RotationStep =
  | 'start-over'
  | 'renew-leaf'
  | 'introduce-authority'
  | 'confirm-published'
  | 'serve-next'
  | 'drop-previous'

/** Which certificates a change makes anew; the other changes only say whom to trust. */
export function mintedBy(change: RotationStep | 'create'): readonly ('authority' | 'leaf')[] {
  switch (change) {
    case 'create':
    case 'start-over':
      return ['authority', 'leaf']
    case 'introduce-authority':
      return ['authority']
    case 'renew-leaf':
    case 'serve-next':
      return ['leaf']
    case 'confirm-published':
    case 'drop-previous':
      return []
  }
}

export type Step =
  | { readonly do: 'keep'; readonly until: Date }
  | { readonly do: RotationStep; readonly reason: string }

/**
 * The one thing to do next, if any. An authority changes in four steps, each safe to be interrupted at:
 * introduce (trust old + new) -> confirm that every configuration carries both -> after `settleMs` serve a leaf of the
 * new one -> after `graceMs` drop the old one. At no time is a leaf served whose authority is not trusted.
 */
export function nextStep(bundle: Bundle, names: ServingNames, now: Date, policy: RotationPolicy): Step {
  const authority = validity(bundle.authority.certificate, policy)
  const leaf = validity(bundle.leaf.certificate, policy)
  const at = now.getTime()
  if (at >= authority.end) return { do: 'start-over', reason: 'the authority has expired' }

  const missing = unnamed(bundle.leaf.certificate, names)
  if (missing !== undefined) return { do: 'renew-leaf', reason: `the certificate does not name ${missing}` }
  const waits: number[] = []

  if (bundle.next !== undefined) {
    const { publishedAt } = bundle.next
    if (publishedAt === undefined) return { do: 'confirm-published', reason: 'a new authority has been introduced' }
    const settled = publishedAt.getTime() + policy.settleMs
    if (at >= settled) return { do: 'serve-next', reason: 'the new authority is trusted everywhere' }
    waits.push(settled)
  }
  // A leaf as old as its authority allows cannot be renewed to live longer: only a new authority helps.
  if (leaf.end < authority.end || at >= leaf.end) {
    if (at >= leaf.due) return { do: 'renew-leaf', reason: `two thirds or more of the certificate's life are over` }
    waits.push(leaf.due)
  }
  if (bundle.previous !== undefined) {
    const over = bundle.previous.since.getTime() + policy.graceMs
    if (at >= over) return { do: 'drop-previous', reason: 'nobody serves a leaf of the old authority any more' }
    waits.push(over)
  } else if (bundle.next === undefined) {
    if (at >= authority.due)
      return { do: 'introduce-authority', reason: `two thirds or more of the authority's life are over` }
    waits.push(authority.due)
  }
  return { do: 'keep', until: new Date(Math.min(...waits, authority.end)) }
}

/** When a certificate's life ends and when its successor is due, in ms since the epoch. */
function validity(pem: string, policy: RotationPolicy): { readonly due: number; readonly end: number } {
  const certificate = new X509Certificate(pem)
  const start = certificate.validFromDate.getTime() + BACKDATE_MS
  const end = certificate.validToDate.getTime()
  return { due: start + (end - start) * policy.renewAt, end }
}

/** A name that we must answer to and that the certificate does not have, e.g. after the Service was renamed. */
function unnamed(pem: string, names: ServingNames): string | undefined {
  const certificate = new X509Certificate(pem)
  return (
    names.dns.find((name) => certificate.checkHost(name) === undefined) ??
    names.ips?.find((ip) => certificate.checkIP(ip) === undefined)
  )
}
