import type { NodeClaimView } from '#src/api/objects.ts'
import type { Finding } from '#src/observe/conditions.ts'
import type { NodeClaim } from '#src/provisioners/node-claim.ts'
import type { Buying, ClaimState } from '#src/provisioners/provisioner.ts'
import type { World } from '../world.ts'

/** The claims of a Workspace, held against those that it wants. */
export interface ComparedClaims {
  /** Wanted and not there. */
  readonly missing: readonly NodeClaim[]
  /** Of these, what is made now: the others follow as these join. */
  readonly next: readonly NodeClaim[]
  /** Of a provisioner from before, without a node: nobody waits for them. */
  readonly left: readonly NodeClaimView[]
}

/** What a provisioner from before has brought up serves instead of a new node; the rest of its claims is given back. */
export function compareClaims(world: World, wanted: readonly NodeClaim[]): ComparedClaims {
  const names = new Set(wanted.map(({ metadata }) => metadata.name))
  const there = new Set(world.nodeClaims.map(({ metadata }) => metadata.name))
  const others = world.nodeClaims.filter(
    ({ metadata }) => !names.has(metadata.name) && metadata.deletionTimestamp === undefined,
  )
  const left = others.filter((claim) => !hasNode(world, claim))
  const unmade = wanted.filter(({ metadata }) => !there.has(metadata.name))
  const missing = unmade.slice(0, Math.max(0, unmade.length - (others.length - left.length)))
  return { missing, next: missing.slice(0, roomForMore(world)), left }
}

const hasNode = ({ nodes }: World, { status }: NodeClaimView): boolean =>
  nodes.some(({ metadata }) => metadata.name === status?.nodeName)

/**
 * How many nodes may be claimed beside those that have not joined yet: a wrong claim, or a quota of the cloud's, shows on the first
 * ones, before all are paid for. What the watch does not show yet is claimed under the same names again, which changes nothing.
 */
const roomForMore = ({ nodeClaims: claims, settings }: World): number =>
  Math.max(0, settings.maxPendingNodesPerWorkspace - claims.filter((claim) => !hasJoined(claim)).length)

const hasJoined = ({ status }: NodeClaimView) =>
  status?.conditions?.some((condition) => condition.type === 'Registered' && condition.status === 'True') === true

type Unready = Exclude<ClaimState, { readonly phase: 'ready' }>

/** What the first claim says that has not come as far as it can; first of all one that has failed. */
export function claimTrouble(
  claims: readonly NodeClaimView[],
  { read }: Buying,
  { missing, next }: ComparedClaims,
): Pick<Finding, 'reason' | 'message'> {
  const later = missing.length - next.length
  const more = later > 0 ? `; ${later} more are claimed as these join` : ''
  const open = claims.map(read).filter((state): state is Unready => state.phase !== 'ready')
  const failed = open.find(({ phase }) => phase === 'failed')
  if (failed !== undefined) return { reason: failed.reason, message: `${failed.message}${more}` }
  if (next.length > 0) return pending(`${next.length} NodeClaims are being created${more}`)
  const [first] = open
  return pending(
    first === undefined
      ? 'the nodes have joined but are not ready or offer too few GPUs yet'
      : `${first.message}${more}`,
  )
}

const pending = (message: string) => ({ reason: 'NodeClaimPending' as const, message })
