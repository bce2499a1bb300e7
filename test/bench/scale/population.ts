import type { K8sObject } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { tuningJobName } from '#src/desired/names.ts'
import type { KubeClient } from '#src/kube/client.ts'
import { eventually } from '#test/support/eventually.ts'
import { secret } from '#test/support/operator-rig.ts'
import { createNamespace } from '#test/support/other-kinds.ts'
import { pretendKubelet } from '#test/support/pretend-kubelet.ts'
import { GPU_TYPE, inferenceSpec, TUNED_DIGEST, tuningSpec } from '#test/support/workspaces.ts'
import type { Product } from '../product/product.ts'

/** What Workspaces are doing, in equal parts. */
export const KINDS = ['waiting for a Secret', 'waiting for a node', 'waiting for a pod', 'tuned', 'serving'] as const
export type Kind = (typeof KINDS)[number]

/** Workspaces of one namespace. */
const PER_NAMESPACE = 100

/** Servers of one node: more would not be listed in one piece, and no node has more. */
const PER_NODE = 50

const servers = (pool: number) => `servers-${pool}`

/** What `count` Workspaces are doing that were there before, or have been made; and how to make more. */
export interface Population {
  /** How many there are. */
  count(): number
  /** Those that are over: made while nobody reconciles, as a restart finds them. */
  addTuned(upTo: number): Promise<void>
  /** The others: they become what they are by the operator's work, and by the cluster's, which is played. */
  addLive(upTo: number): Promise<void>
  /** The label that the newest ones wait for on a node. */
  wantedLabel(): string
}

/** Runs `work` for each number below `count`, so many at a time. */
export async function parallel(count: number, at: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await work(index)
  }
  await Promise.all(Array.from({ length: at }, worker))
}

export async function startPopulation({ client, http }: Pick<Product, 'client' | 'http'>): Promise<Population> {
  const kubelet = pretendKubelet(client)
  await joinLarge(client, 'there')
  const made = new Map<Kind, number>(KINDS.map((kind) => [kind, 0]))
  const namespaces = new Map<string, Promise<void>>()
  let round = 0
  const namespaceOf = async (kind: Kind, index: number) => {
    const name = `${kind.toLowerCase().replaceAll(' ', '-')}-${Math.floor(index / PER_NAMESPACE)}`
    const making = namespaces.get(name) ?? makeNamespace({ client, http }, name, kind !== 'waiting for a Secret')
    namespaces.set(name, making)
    await making
    return name
  }
  const add = async (kind: Kind, upTo: number, then: (made: Workspace) => Promise<void> = async () => {}) => {
    const before = made.get(kind) ?? 0
    if (kind === 'serving') {
      for (let pool = Math.ceil(before / PER_NODE); pool * PER_NODE < upTo; pool++)
        await joinLarge(client, servers(pool))
    }
    await parallel(upTo - before, 16, async (offset) => {
      const index = before + offset
      const metadata = { namespace: await namespaceOf(kind, index), name: `w-${index}` }
      const pool = kind === 'serving' ? servers(Math.floor(index / PER_NODE)) : `round-${round}`
      const created = await client.create({ ...specOf(kind, pool), metadata, ...IDENTITY })
      await then(created)
    })
    made.set(kind, upTo)
  }
  return {
    count: () => [...made.values()].reduce((sum, each) => sum + each, 0),
    wantedLabel: () => `round-${round}`,
    addTuned: (upTo) => add('tuned', upTo, (workspace) => recordEnd(client, workspace)),
    addLive: async (upTo) => {
      round++
      await add('waiting for a Secret', upTo)
      await add('waiting for a node', upTo)
      const [runs, servers]: [Workspace[], Workspace[]] = [[], []]
      await add('waiting for a pod', upTo, async (workspace) => void runs.push(workspace))
      await add('serving', upTo, async (workspace) => void servers.push(workspace))
      await parallel(runs.length, 8, async (index) => {
        const workspace = runs[index]
        if (workspace !== undefined) await kubelet.startPod(await jobOf(client, workspace), { phase: 'Pending' })
      })
      await parallel(servers.length, 8, async (index) => {
        const workspace = servers[index]
        if (workspace !== undefined) await serve(client, workspace)
      })
    },
  }
}

const IDENTITY = { apiVersion: 'kaito.sh/v1alpha1', kind: 'Workspace' }

export const specOf = (kind: Kind, pool: string): Omit<Workspace, 'metadata'> => {
  const there = { count: 1, instanceType: GPU_TYPE, labelSelector: { matchLabels: { pool: 'there' } } }
  const asked = { ...there, labelSelector: { matchLabels: { pool } } }
  if (kind === 'serving') return { ...inferenceSpec(), resource: asked }
  return { ...tuningSpec(), resource: kind === 'waiting for a node' ? asked : there }
}

/** A node with GPUs for everybody. */
export async function joinLarge(client: KubeClient, pool: string): Promise<void> {
  await pretendKubelet(client).joinNode(pool, { pool })
  const status = { allocatable: { 'nvidia.com/gpu': '100000' }, capacity: { 'nvidia.com/gpu': '100000' } }
  await client.merge({ kind: 'Node', name: pool }, { status }, { subresource: 'status' })
}

async function makeNamespace(
  { client, http }: Pick<Product, 'client' | 'http'>,
  name: string,
  hasSecret: boolean,
): Promise<void> {
  await createNamespace(http, name)
  if (hasSecret) await client.create(secret(name, 'push-secret'))
}

/** As the operator leaves a run that has pushed its adapter. */
async function recordEnd(client: KubeClient, workspace: Workspace): Promise<void> {
  const { namespace = '', name, generation = 1 } = workspace.metadata
  const at = new Date().toISOString()
  const image = `registry.example.com/adapters/phi-3@${TUNED_DIGEST}`
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    reason,
    message,
    observedGeneration: generation,
    lastTransitionTime: at,
  })
  const status = {
    observedGeneration: generation,
    state: 'Succeeded',
    workerNodes: [],
    targetNodeCount: 1,
    conditions: [
      condition('ResourceReady', 'NodesReady', 'the run has ended and its GPU is free again'),
      condition('JobStarted', 'Succeeded', `pushed ${image}`),
      condition('WorkspaceSucceeded', 'Succeeded', `pushed ${image}`),
      condition('Ready', 'Succeeded', `pushed ${image}`),
    ],
    tuning: { jobName: tuningJobName(workspace), finishedAt: at, image, progress: '100/100', loss: 1.2345 },
  }
  await client.merge({ kind: 'Workspace', namespace, name }, { status }, { subresource: 'status' })
}

export const jobOf = (client: KubeClient, workspace: Workspace, timeoutMs = 300_000): Promise<K8sObject> => {
  const { namespace = '' } = workspace.metadata
  const where = { kind: 'Job' as const, namespace, name: tuningJobName(workspace) }
  return eventually(`Job of ${namespace}/${workspace.metadata.name}`, () => client.get(where), timeoutMs)
}

/** As the StatefulSet's controller and a kubelet would: one pod that answers. */
async function serve(client: KubeClient, workspace: Workspace): Promise<void> {
  const { namespace = '', name } = workspace.metadata
  const set = await eventually(
    `StatefulSet ${namespace}/${name}`,
    () => client.get({ kind: 'StatefulSet', namespace, name }),
    300_000,
  )
  const { spec } = set as unknown as { spec: { template: { metadata: { labels: object }; spec: object } } }
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid: set.metadata.uid ?? '', controller: true }
  await client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name: `${name}-0`, labels: { ...spec.template.metadata.labels }, ownerReferences: [owner] },
    spec: { ...spec.template.spec, nodeName: workspace.resource?.labelSelector.matchLabels?.['pool'] ?? '' },
  })
  const ready = { ready: true, restartCount: 0, image: 'i', imageID: 'i', state: { running: {} } }
  const containerStatuses = ['server', 'gateway'].map((container) => ({ name: container, ...ready }))
  const podStatus = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], containerStatuses }
  await client.merge({ kind: 'Pod', namespace, name: `${name}-0` }, { status: podStatus }, { subresource: 'status' })
  await pretendKubelet(client).readySet(set)
}
