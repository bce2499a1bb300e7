import { LABEL } from '#src/api/labels.ts'
import type { NodeClaimView, PodView } from '#src/api/objects.ts'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import type { Catalog } from '#src/catalog/catalog.ts'
import { readEvaluation, readHalved, readProgress, readRows, readWaiting } from '#src/contract/lines.ts'
import { pushJobName, tuningJobName } from '#src/desired/names.ts'
import { isToRetry, recordOfRun } from '#src/desired/run.ts'
import { defined } from '#src/lib/defined.ts'
import { isControlledBy, podsOf } from '#src/observe/ownership.ts'
import { created } from '#src/observe/tuning-run.ts'
import { nodesToAsk } from '#src/plan/free-gpus.ts'
import type { Presence, World } from '#src/plan/world.ts'
import { secretUses } from '#src/reading/mentions.ts'
import type { KubeClient } from './client.ts'
import { isNotFound, KubeError } from './errors.ts'
import type { GpuLook } from './gpu-look.ts'
import type { Look, NamedObjects } from './named-objects.ts'
import { isOwnClaim } from './own-claims.ts'
import type { Stores } from './stores.ts'
import { isOutline } from './trim.ts'

export interface GatherOptions {
  readonly client: KubeClient
  readonly stores: Stores
  readonly named: NamedObjects
  readonly settings: Settings
  readonly catalog: Catalog
  /** Who holds GPUs of nodes that exist. Without it, nobody is known to. */
  readonly gpuLook?: GpuLook
  /** Wall clock, milliseconds. */
  readonly now: () => number
}

/**
 * Everything that is known about one Workspace: from the watches, and by name for the ConfigMap and Secrets it mentions.
 * Undefined when there is no such Workspace (any more). A fresh copy is read with `fresh`: a worker must not act on a cache.
 */
export async function gather(
  key: string,
  { client, stores, named, settings, catalog, gpuLook, now }: GatherOptions,
  signal: AbortSignal,
  fresh = false,
): Promise<World | undefined> {
  const cached = stores.workspaces.get(key)
  const [namespace = '', name = ''] = key.split('/')
  const isToRead = fresh || (cached !== undefined && isOutline(cached))
  const workspace = isToRead ? await client.get({ kind: 'Workspace', namespace, name }, signal) : cached
  if (workspace === undefined) return undefined
  const uid = workspace.metadata.uid ?? ''
  // By its owner and not by its labels: a Job that only looks like one of ours is neither followed nor removed.
  const jobs = stores.jobs.by('workspace', key).filter((job) => isControlledBy(job, uid))
  // Of the same name, but another's or an earlier Workspace's: what it does says nothing of this one.
  const namesake = stores.statefulSets.get(key)
  const statefulSet = namesake !== undefined && isControlledBy(namesake, uid) ? namesake : undefined
  const labelled = stores.pods.by('workspace', key)
  const pods = [...jobs, statefulSet].flatMap((owner) => podsOf(owner, labelled))
  const deleting = workspace.metadata.deletionTimestamp !== undefined
  const nodes = stores.nodes.all()
  const asked = nodesToAsk({ workspace, settings, nodes, jobs, ...defined({ statefulSet }) })
  const look = (name: string): Look => ({ namespace, name, signal, isFresh: fresh })
  const [nodeClaims, config, secrets, logs, gpuPods] = await Promise.all([
    // In any mode: claims made before the provisioner was changed cost money, too.
    deleting ? readNodeClaims(client, key, signal) : stores.nodeClaims.by('workspace', key),
    readConfig(named, workspace, look),
    // A run that has its Job is followed to its end, whatever becomes of its Secrets: its pods say so.
    hasJob(workspace, jobs) ? new Map<string, Presence>() : readPresence(named, workspace, look),
    readLogs(client, { workspace, jobs, pods }, signal),
    asked.length === 0 ? undefined : gpuLook?.(asked, signal),
  ])
  return {
    now: now(),
    workspace,
    settings,
    catalog,
    nodes,
    hasNodeClaims: stores.hasNodeClaims(),
    nodeClaims: nodeClaims.filter((claim) => isOwnClaim(workspace, claim)),
    jobs,
    volumeClaims: stores.volumeClaims.by('workspace', key).filter((claim) => isControlledBy(claim, uid)),
    pods,
    secrets,
    ...logs,
    // Only a server asks; to go through a namespace for each of its Workspaces would be quadratic.
    pushed: pushedImages(workspace.inference?.adapters ? stores.workspaces.by('namespace', namespace) : []),
    ...defined({ statefulSet, config: config?.data, configVersion: config?.version, gpuPods }),
  }
}

/** Asked of the apiserver, not of the watch: a claim that a lagging watch hides would outlive its Workspace. */
async function readNodeClaims(client: KubeClient, key: string, signal: AbortSignal): Promise<readonly NodeClaimView[]> {
  const [namespace = '', name = ''] = key.split('/')
  const labelSelector = `${LABEL.workspace}=${name},${LABEL.workspaceNamespace}=${namespace}`
  try {
    return (await client.list('NodeClaim', { labelSelector }, {}, signal)).items
  } catch (error) {
    // Without Karpenter's definitions there is no claim either.
    if (isNotFound(error)) return []
    throw error
  }
}

async function readConfig(named: NamedObjects, workspace: Workspace, look: (name: string) => Look) {
  const name = workspace.tuning?.config ?? workspace.inference?.config
  // Of a run that is over nothing is made any more.
  return name === undefined || isRecorded(workspace) ? undefined : named.file(look(name))
}

/** Whether the Secrets that it names exist, as far as that may be asked. */
async function readPresence(named: NamedObjects, workspace: Workspace, look: (name: string) => Look) {
  const names = [...new Set(secretUses(workspace).map(({ name }) => name))]
  const found = await Promise.all(
    names.map(async (name): Promise<[string, Presence][]> => {
      const presence = await named.presence(look(name))
      return presence === undefined ? [] : [[name, presence]]
    }),
  )
  return new Map(found.flat())
}

const hasJob = (workspace: Workspace, jobs: World['jobs']) =>
  isRecorded(workspace) ||
  (workspace.tuning !== undefined && jobs.some(({ metadata }) => metadata.name === tuningJobName(workspace)))

/** Is the run that the Workspace asks for recorded as finished? */
function isRecorded(workspace: Workspace): boolean {
  return recordOfRun(workspace)?.finishedAt !== undefined && !isToRetry(workspace)
}

/** What the steps' logs say, as long as that can be new: while the run is not recorded as finished. */
async function readLogs(
  client: KubeClient,
  { workspace, jobs, pods }: Pick<World, 'workspace' | 'jobs' | 'pods'>,
  signal: AbortSignal,
): Promise<Pick<World, 'progress' | 'pushWait' | 'rows' | 'evaluation' | 'halved'>> {
  if (workspace.tuning === undefined || isRecorded(workspace)) return { progress: [] }
  const newest = (jobName: string, wanted: (pod: PodView) => boolean) =>
    podsOf(
      jobs.find(({ metadata }) => metadata.name === jobName),
      pods,
    )
      .filter(wanted)
      .toSorted((a, b) => created(a) - created(b))
      .at(-1)
  const trained = newest(tuningJobName(workspace), hasTrained)
  const pushes = newest(pushJobName(workspace), isPushing) ?? (trained && isPushing(trained) ? trained : undefined)
  const read = async (pod: PodView | undefined, container: string, tailLines: number) => {
    if (pod === undefined) return ''
    const where = { namespace: workspace.metadata.namespace ?? '', name: pod.metadata.name }
    try {
      return await client.logs(where, { container, tailLines, signal })
    } catch (error) {
      // A log can be gone with its node at any time; what it says is then simply not known.
      if (error instanceof KubeError) return ''
      throw error
    }
  }
  const [training, push] = await Promise.all([
    // What it said to its end is written down once the adapter is safe.
    read(recordOfRun(workspace)?.trainedAt === undefined ? trained : undefined, 'train', 1000),
    read(pushes, 'push', 20),
  ])
  const wait = readWaiting(push)
  const rows = readRows(training)
  return {
    progress: readProgress(training),
    ...defined({ rows, pushWait: wait, halved: readHalved(training), evaluation: readEvaluation(training) }),
  }
}

const hasTrained = (pod: PodView) =>
  [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].some(
    ({ name, state }) => name === 'train' && (state?.running ?? state?.terminated) !== undefined,
  )

const isPushing = (pod: PodView) =>
  pod.status?.containerStatuses?.some(({ name, state }) => name === 'push' && state?.running !== undefined) === true

/** What tuning Workspaces of a namespace have pushed: the tag they were asked for -> the digest they pushed. */
export const pushedImages = (workspaces: readonly Workspace[]): Map<string, string> =>
  new Map(
    workspaces.flatMap(({ tuning, status }) => {
      const tag = tuning?.output.image
      const digest = status?.tuning?.image
      return tag === undefined || digest === undefined ? [] : [[tag, digest] as const]
    }),
  )
