import { LABEL } from '#src/api/labels.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { type Allotted, allot, asClaimant, type Claimant } from '#src/plan/allotment.ts'
import { namespaceLimit } from '#src/reading/namespace-nodes.ts'
import type { Clock } from '#src/runtime/clock.ts'
import { keyOf } from '#src/runtime/store.ts'
import { isOurs } from './own-claims.ts'
import type { Stores } from './stores.ts'

interface NamespaceQuotasOptions {
  readonly stores: Pick<Stores, 'workspaces' | 'nodeClaims'>
  readonly settings: Pick<Settings, 'maxNodesPerNamespace' | 'namespaceNodes'>
  readonly clock: Clock
  /** Told of a Workspace that may have its nodes now and waited for them. */
  readonly onRoom: (key: string) => void
}

/** Told apart from a Workspace of the same name made later. */
interface Grant {
  readonly uid: string
  readonly nodes: number
}

/**
 * Who may have nodes where a namespace has a limit. Counted from what the watches show, and from what was granted since and does
 * not show yet: to ask and to be granted are one step, without a wait between, so that two never get the same nodes.
 */
export class NamespaceQuotas {
  readonly #options: NamespaceQuotasOptions
  readonly #grants = new Map<string, Grant>()
  /** Of a namespace, until something of it changes: ten thousand Workspaces that wait are not counted ten thousand times. */
  readonly #counted = new Map<string, Map<string, Claimant>>()
  readonly #allotted = new Map<string, (one: Claimant) => Allotted>()
  readonly #toTell = new Set<string>()

  constructor(options: NamespaceQuotasOptions) {
    this.#options = options
    const { workspaces, nodeClaims } = options.stores
    workspaces.onChange((change) => {
      const { namespace } = (change.type === 'deleted' ? change.was : change.now).metadata
      if (change.type === 'deleted') this.#grants.delete(change.key)
      if (change.type === 'updated' && factsOf(change.was) === factsOf(change.now)) return
      this.#changed(namespace ?? '')
    })
    nodeClaims.onChange((change) => {
      if (change.type === 'updated') return
      const { labels } = (change.type === 'deleted' ? change.was : change.now).metadata
      this.#changed(labels?.[LABEL.workspaceNamespace] ?? '')
    })
  }

  /** What the limit says to a Workspace now; undefined where its namespace has none. Without a wait: act on it at once. */
  of(workspace: Workspace): Allotted | undefined {
    const { namespace = '' } = workspace.metadata
    const limit = namespaceLimit(namespace, this.#options.settings)
    if (limit === undefined) return undefined
    const one = this.#claimants(namespace).get(keyOf(workspace))
    // A copy that is newer than the watch's: its own turn comes when the watch has it.
    if (one === undefined || one.uid !== workspace.metadata.uid) return { limit, used: 0, fits: false }
    return this.#verdicts(namespace, limit)(one)
  }

  /** Notes that a Workspace is about to get its nodes, until they show or it no longer wants them. */
  grant(workspace: Workspace): void {
    const { namespace = '', uid = '' } = workspace.metadata
    if (namespaceLimit(namespace, this.#options.settings) === undefined) return
    const key = keyOf(workspace)
    const nodes = workspace.resource?.count ?? 1
    const before = this.#grants.get(key)
    if (before?.uid === uid && before.nodes === nodes) return
    this.#grants.set(key, { uid, nodes })
    this.#forgetCount(namespace)
  }

  /** Takes back what was granted and not used: what the Workspace needs beside is missing. */
  revoke(workspace: Workspace): void {
    if (this.#grants.delete(keyOf(workspace))) this.#changed(workspace.metadata.namespace ?? '')
  }

  #claimants(namespace: string): Map<string, Claimant> {
    const known = this.#counted.get(namespace)
    if (known !== undefined) return known
    const { workspaces, nodeClaims } = this.#options.stores
    const claimants = workspaces.by('namespace', namespace).map((workspace) => {
      const key = keyOf(workspace)
      const grant = this.#grants.get(key)
      const granted = grant?.uid === workspace.metadata.uid ? (grant?.nodes ?? 0) : 0
      return asClaimant(workspace, key, nodeClaims.by('workspace', key).filter(isOurs).length, granted)
    })
    const found = new Map(claimants.map((one) => [one.key, one]))
    this.#counted.set(namespace, found)
    return found
  }

  #verdicts(namespace: string, limit: number): (one: Claimant) => Allotted {
    const known = this.#allotted.get(namespace)
    if (known !== undefined) return known
    const claimants = this.#claimants(namespace)
    const { nodeClaims } = this.#options.stores
    const others = nodeClaims
      .by('namespace', namespace)
      .filter((claim) => isOurs(claim) && !claimants.has(ownerOf(claim)))
    const verdicts = allot([...claimants.values()], others.length, limit)
    this.#allotted.set(namespace, verdicts)
    return verdicts
  }

  #forgetCount(namespace: string): void {
    this.#counted.delete(namespace)
    this.#allotted.delete(namespace)
  }

  /** Those who wait are told together, a moment later: a namespace that is deleted changes once for each Workspace. */
  #changed(namespace: string): void {
    const { settings, clock } = this.#options
    if (namespaceLimit(namespace, settings) === undefined) return
    this.#forgetCount(namespace)
    if (this.#toTell.has(namespace)) return
    this.#toTell.add(namespace)
    clock.after(TOLD_AFTER_MS, () => {
      this.#toTell.delete(namespace)
      this.#tell(namespace)
    })
  }

  #tell(namespace: string): void {
    const { settings, stores, onRoom } = this.#options
    const limit = namespaceLimit(namespace, settings)
    if (limit === undefined) return
    for (const one of this.#claimants(namespace).values()) {
      if (!one.isWaiting || !this.#verdicts(namespace, limit)(one).fits) continue
      if (stores.workspaces.get(one.key) !== undefined) onRoom(one.key)
    }
  }
}

const TOLD_AFTER_MS = 200

const ownerOf = ({ metadata: { labels } }: { readonly metadata: Workspace['metadata'] }) =>
  `${labels?.[LABEL.workspaceNamespace]}/${labels?.[LABEL.workspace]}`

/** All of a Workspace that a limit depends on. */
function factsOf(workspace: Workspace): string {
  const { wanted, has, isWaiting, uid } = asClaimant(workspace, '', 0, 0)
  return `${wanted} ${has} ${isWaiting} ${uid}`
}
