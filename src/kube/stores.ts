import { LABEL } from '#src/api/labels.ts'
import type {
  JobView,
  NodeClaimView,
  NodeView,
  ObjectMeta,
  PodView,
  StatefulSetView,
  VolumeClaimView,
} from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { isConcerned } from '#src/observe/concerned.ts'
import type { Clock } from '#src/runtime/clock.ts'
import { type Fillable, sharedSinks } from '#src/runtime/shared-sink.ts'
import { type Change, keyOf, Store, type Stored } from '#src/runtime/store.ts'
import { WatchLoop, type WatchSink, type WatchSource } from '#src/runtime/watch-loop.ts'
import type { KubeClient, Selection } from './client.ts'
import type { ObjectOf } from './object-of.ts'
import { NotServed, optionalSource } from './optional-source.ts'
import type { Kind } from './resource.ts'
import { isOutline, trimJob, trimNode, trimNodeClaim, trimOwned, trimPod, trimSet, trimWorkspace } from './trim.ts'
import { watchSource } from './watch-source.ts'

/** Everything that reconciles read without asking the apiserver: one watch for each kind. */
export interface Stores {
  readonly workspaces: Store<Workspace>
  readonly jobs: Store<JobView>
  readonly pods: Store<PodView>
  readonly statefulSets: Store<StatefulSetView>
  readonly services: Store<Owned>
  readonly volumeClaims: Store<VolumeClaimView>
  readonly nodes: Store<NodeView>
  readonly nodeClaims: Store<NodeClaimView>
  /** Does the cluster know NodeClaims? Only then can nodes be provisioned or given back. */
  readonly hasNodeClaims: () => boolean
  /** Told whenever that has changed. */
  readonly onNodeClaims: (told: () => void) => void
  /** Runs all watches until the signal aborts. */
  start(signal: AbortSignal): void
  /** Resolves when every store holds a full first list. */
  synced(): Promise<void>
  readonly isSynced: () => boolean
  /** Seconds since the quietest watch last heard from the apiserver. */
  silence(): number
  /** How each watch is doing. */
  watches(): readonly WatchReport[]
}

export interface WatchReport {
  readonly kind: Kind
  /** Seconds since the apiserver last said anything about this kind. */
  readonly silentSeconds: number
  /** How many objects are held. */
  readonly objects: number
}

export interface StoresOptions {
  readonly client: KubeClient
  /** Watch what has a namespace in these only. Empty: in all. */
  readonly namespaces: readonly string[]
  readonly clock: Clock
  /** Told once it is known whether the cluster has Karpenter's definitions, and again whenever that changes. */
  readonly onNodeClaims: (isServed: boolean) => void
  /** Told after each full list of a kind. */
  readonly onList?: (kind: Kind) => void
  readonly onError: (kind: Kind, error: unknown) => void
}

const OURS: Selection = { labelSelector: `${LABEL.managedBy}=kaito-ts` }
const OF_WORKSPACES: Selection = { labelSelector: LABEL.workspace }

export function createStores(options: StoresOptions): Stores {
  const workspaces = new Store<Workspace>({
    indexes: { namespace: (object) => [object.metadata.namespace ?? ''] },
    trim: trimWorkspace,
  })
  const jobs = new Store<JobView>({ indexes: { workspace: ownerKey }, trim: trimJob })
  const pods = new Store<PodView>({ indexes: { workspace: ownerKey }, trim: trimPod })
  const statefulSets = new Store<StatefulSetView>({ trim: trimSet })
  const services = new Store<Owned>({ trim: trimOwned })
  const volumeClaims = new Store<VolumeClaimView>({ indexes: { workspace: ownerKey }, trim: trimOwned })
  const nodes = new Store<NodeView>({ trim: trimNode })
  const nodeClaims = new Store<NodeClaimView>({
    indexes: {
      workspace: ownerKey,
      namespace: ({ metadata: { labels } }) => [labels?.[LABEL.workspaceNamespace] ?? ''],
    },
    trim: trimNodeClaim,
  })
  const claims = trimmed(sourceOf(options, 'NodeClaim', OF_WORKSPACES), trimNodeClaim)
  const toldOfClaims = new Set<() => void>()
  const claimSource = optionalSource(claims, options.clock, (isServed) => {
    options.onNodeClaims(isServed)
    for (const tell of toldOfClaims) tell()
  })
  const running = [
    ...loops(options, 'Workspace', { selection: {}, trim: trimWorkspace }, workspaces),
    ...loops(options, 'Job', { selection: OURS, trim: trimJob }, jobs),
    ...loops(options, 'Pod', { selection: OF_WORKSPACES, trim: trimPod }, pods),
    ...loops(options, 'StatefulSet', { selection: OURS, trim: trimSet }, statefulSets),
    ...loops(options, 'Service', { selection: OURS, trim: trimOwned }, services),
    ...loops(options, 'PersistentVolumeClaim', { selection: OURS, trim: trimOwned }, volumeClaims),
    loop(options, 'Node', trimmed(sourceOf(options, 'Node', {}), trimNode), nodes),
    loop(options, 'NodeClaim', claimSource, nodeClaims),
  ]
  const all = [workspaces, jobs, pods, statefulSets, services, volumeClaims, nodes, nodeClaims]
  const watches = () => byKind(running.map((one) => one.report()))
  return {
    workspaces,
    jobs,
    pods,
    statefulSets,
    services,
    volumeClaims,
    nodes,
    nodeClaims,
    hasNodeClaims: () => claimSource.isServed() === true,
    onNodeClaims: (told) => void toldOfClaims.add(told),
    start: (signal) => {
      for (const one of running) void one.watch.run(signal)
    },
    synced: async () => {
      await Promise.all(all.map((store) => store.synced()))
    },
    isSynced: () => all.every((store) => store.isSynced),
    silence: () => Math.max(...watches().map(({ silentSeconds }) => silentSeconds)),
    watches,
  }
}

interface Owned {
  readonly metadata: ObjectMeta
}

/** `namespace/name` of the Workspace that an object belongs to, by its labels: from the object itself or, for cluster-scoped ones, a label. */
export function ownerKey(object: Owned): string[] {
  const { labels, namespace } = object.metadata
  const name = labels?.[LABEL.workspace]
  const home = namespace ?? labels?.[LABEL.workspaceNamespace]
  return name === undefined || home === undefined ? [] : [`${home}/${name}`]
}

/** Whom to tell of what: `now` of what happened to one Workspace, `soon` of what may matter to many. */
export interface Touch {
  now(key: string): void
  soon(key: string): void
}

/** Tells, for every change that may matter, which Workspaces to look at again. `isProvisioning`: their nodes are claimed for them. */
export function onRelevantChange(stores: Stores, { now, soon }: Touch, isProvisioning: boolean): void {
  // What is there already is told of first: all of it, and none of it is news.
  let isBeginning = true
  const touch = (key: string) => (isBeginning ? soon(key) : now(key))
  stores.workspaces.onChange(({ key }) => touch(key))
  const owned = (change: Change<Owned>) => {
    for (const key of ownerKey(change.type === 'deleted' ? change.was : change.now)) touch(key)
  }
  stores.jobs.onChange(owned)
  stores.pods.onChange(owned)
  stores.statefulSets.onChange(owned)
  stores.nodeClaims.onChange(owned)
  stores.volumeClaims.onChange(owned)
  // Also updates: a Service edited by hand is put back.
  stores.services.onChange(owned)
  // A kubelet reports every few minutes; only what decides where pods can run is worth a look at Workspaces.
  stores.nodes.onChange((change) => {
    if (isBeginning || (change.type === 'updated' && nodeFacts(change.was) === nodeFacts(change.now))) return
    const sides = [change.type === 'added' ? undefined : change.was, change.type === 'deleted' ? undefined : change.now]
    const nodes = sides.filter((node) => node !== undefined)
    for (const workspace of stores.workspaces.all()) {
      if (nodes.some((node) => isOutline(workspace) || isConcerned(workspace, node, isProvisioning)))
        soon(keyOf(workspace))
    }
  })
  stores.onNodeClaims(() => {
    for (const workspace of stores.workspaces.all()) soon(keyOf(workspace))
  })
  isBeginning = false
}

const nodeFacts = ({ metadata, spec, status }: NodeView) =>
  JSON.stringify([
    metadata.labels,
    spec?.unschedulable,
    spec?.taints,
    status?.allocatable?.['nvidia.com/gpu'],
    status?.conditions?.find(({ type }) => type === 'Ready')?.status,
  ])

/** Where a kind comes from, counted: a list is full with its last page. */
function sourceOf<K extends Kind>(
  { client, onList }: StoresOptions,
  kind: K,
  selection: Selection,
): WatchSource<ObjectOf<K>> {
  const source = watchSource(client, kind, selection)
  return {
    ...source,
    list: async (page, signal) => {
      const answer = await source.list(page, signal)
      if (answer.next === undefined) onList?.(kind)
      return answer
    },
  }
}

/** Trims a list page by page, as it comes: a whole list of objects as they are may be more than fits. */
const trimmed = <From extends Stored, T extends Stored>(
  source: WatchSource<From>,
  trim: (object: From) => T,
): WatchSource<From | T> => ({
  ...source,
  list: async (page, signal) => {
    const answer = await source.list(page, signal)
    return { ...answer, items: answer.items.map(trim) }
  },
})

interface Watched<K extends Kind, T> {
  readonly selection: Selection
  readonly trim: (object: ObjectOf<K>) => T
}

/** One loop for all namespaces, or one for each of those that are looked after. */
function loops<K extends Kind, T extends Stored>(
  options: StoresOptions,
  kind: K,
  { selection, trim }: Watched<K, T>,
  store: Fillable<ObjectOf<K> | T>,
) {
  const over = (where: Selection, sink: Sink<ObjectOf<K> | T>) =>
    loop(options, kind, trimmed(sourceOf(options, kind, where), trim), sink)
  if (options.namespaces.length === 0) return [over(selection, store)]
  const sinks = [...sharedSinks(store, options.namespaces)]
  return sinks.map(([namespace, sink]) => over({ ...selection, namespace }, sink))
}

/** One report for each kind, of its quietest watch. */
function byKind(reports: readonly WatchReport[]): readonly WatchReport[] {
  const kinds = new Map<Kind, WatchReport>()
  for (const report of reports) {
    const before = kinds.get(report.kind)
    if (before === undefined || before.silentSeconds < report.silentSeconds) kinds.set(report.kind, report)
  }
  return [...kinds.values()]
}

type Sink<T> = WatchSink<T> & { readonly size: number }

function loop<T extends Stored>(options: StoresOptions, kind: Kind, source: WatchSource<T>, sink: Sink<T>) {
  const { clock, onError } = options
  const watch = new WatchLoop<T>({
    source,
    sink,
    clock,
    random: Math.random,
    onError: (error) => {
      if (!(error instanceof NotServed)) onError(kind, error)
    },
  })
  const report = (): WatchReport => ({ kind, silentSeconds: watch.silentSeconds, objects: sink.size })
  return { watch, report }
}
