import type { Workspace } from '#src/api/workspace.ts'
import { nodesWanted, OVER } from '#src/reading/namespace-nodes.ts'

/** One Workspace of a namespace whose nodes are limited, as far as the limit goes. */
export interface Claimant {
  /** `namespace/name`. */
  readonly key: string
  readonly uid: string
  /** When it was created, as the API server writes it. */
  readonly created: string
  /** Nodes that it is to have; 0 when it is over. */
  readonly wanted: number
  /** Nodes that it has, or was told it may have. */
  readonly has: number
  /** It waits for the limit alone, or has not been looked at yet. */
  readonly isWaiting: boolean
}

/** What the limit says to one Workspace. */
export interface Allotted {
  readonly limit: number
  /** Nodes that others have, or that come before it. */
  readonly used: number
  /** May it have all nodes that it wants? */
  readonly fits: boolean
}

/**
 * Who of a namespace may have nodes: whoever has some keeps them, whatever the limit is now; then each who waits, the oldest first,
 * if all that it wants fit. One that wants too much holds up nobody. Everybody who looks at the same Workspaces comes to the same
 * end. `others` are nodes of Workspaces that are gone and which are being given back.
 */
export function allot(claimants: readonly Claimant[], others: number, limit: number): (one: Claimant) => Allotted {
  let used = claimants.reduce((sum, { has }) => sum + has, others)
  const told = new Map<string, Allotted>()
  const take = (one: Claimant): Allotted => {
    const more = Math.max(0, one.wanted - one.has)
    const fits = more === 0 || used + more <= limit
    const allotted = { limit, used: used - one.has, fits }
    if (fits) used += more
    return allotted
  }
  const inTurn = claimants.filter(({ has, isWaiting }) => has > 0 || isWaiting).toSorted(byTurn)
  for (const one of inTurn) told.set(one.key, take(one))
  return (one) => told.get(one.key) ?? { limit, used, fits: used + one.wanted <= limit }
}

/** Whoever has some first, for half of a server serves nobody; then by age. Two of the same second by uid. */
const byTurn = (a: Claimant, b: Claimant): number =>
  Number(b.has > 0) - Number(a.has > 0) || compare(a.created, b.created) || compare(a.uid, b.uid)

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** A Workspace as a claimant. `claims`: NodeClaims of it that exist; `granted`: nodes that it was told it may have, and may not show yet. */
export function asClaimant(workspace: Workspace, key: string, claims: number, granted: number): Claimant {
  const { metadata, status } = workspace
  const wanted = nodesWanted(workspace)
  const hasWithoutClaims = claims === 0 && isUsing(workspace) ? wanted : 0
  return {
    key,
    uid: metadata.uid ?? '',
    created: metadata.creationTimestamp ?? '',
    wanted,
    has: Math.max(claims, hasWithoutClaims, Math.min(granted, wanted)),
    isWaiting: wanted > 0 && isWaiting(status?.conditions ?? []),
  }
}

/** Are there nodes that it runs on? Without claims only its status tells, and it may have lost one for a while. */
function isUsing({ status, tuning, inference }: Workspace): boolean {
  if (status === undefined || OVER.includes(status.state ?? '')) return false
  if (tuning !== undefined && status.tuning !== undefined && status.tuning.finishedAt === undefined) return true
  if (inference !== undefined && status.serving !== undefined) return true
  return status.conditions?.some(({ type, status: value }) => type === 'ResourceReady' && value === 'True') === true
}

/** It is new, or was told to. One that lacks a Secret, for example, asks for no node before that is there, and holds up nobody. */
const isWaiting = (conditions: readonly { readonly type: string; readonly reason: string }[]) =>
  conditions.length === 0 ||
  conditions.some(({ type, reason }) => type === 'ResourceReady' && reason === 'QuotaExceeded')
