import { describe, expect, it } from 'vitest'
import { WORKSPACE_API } from '#src/api/labels.ts'
import type { K8sObject, NodeClaimView, PodView } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { tuningJobName } from '#src/desired/names.ts'
import type { KubeClient } from '#src/kube/client.ts'
import { KubeError } from '#src/kube/errors.ts'
import { gather, pushedImages } from '#src/kube/gather.ts'
import { NamedObjects } from '#src/kube/named-objects.ts'
import type { ObjectOf } from '#src/kube/object-of.ts'
import { releaseOrphans } from '#src/kube/orphans.ts'
import type { Kind, Ref } from '#src/kube/resource.ts'
import { createStores } from '#src/kube/stores.ts'
import { nodeClaimName } from '#src/provisioners/karpenter.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { controller, inferenceWorkspace, NOW, tuningWorkspace } from '#test/support/worlds.ts'

const signal = new AbortController().signal
const KEY = 'default/phi-3'
const OWN_UID = inferenceWorkspace().metadata.uid ?? ''
const claim = (name: string, managedBy = 'kaito-ts', uid = OWN_UID): NodeClaimView & K8sObject => ({
  apiVersion: 'karpenter.sh/v1',
  kind: 'NodeClaim',
  metadata: {
    name,
    uid: `${name}-uid`,
    labels: {
      'kaito.sh/workspace': 'phi-3',
      'kaito.sh/workspacenamespace': 'default',
      'app.kubernetes.io/managed-by': managedBy,
      'kaito.sh/workspace-uid': uid,
    },
  },
})

/** A claim that a release made which put no uid on it. */
const oldClaim = (name: string): NodeClaimView => {
  const { metadata } = claim(name)
  const { 'kaito.sh/workspace-uid': _, ...labels } = metadata.labels ?? {}
  return { metadata: { ...metadata, labels } }
}

/** A client that knows these objects (`Kind/name`), and stores with this Workspace in them. */
function setup(workspace: Workspace | undefined, known: Readonly<Record<string, unknown>> = {}) {
  const asked: string[] = []
  const removed: string[] = []
  const never = () => Promise.reject(new Error('not to be called'))
  const get = async <K extends Kind>({ kind, name }: Ref<K>) => {
    asked.push(`${kind}/${name}`)
    const found = known[`${kind}/${name}`]
    if (found instanceof Error) throw found
    return found as ObjectOf<K> | undefined
  }
  const client = {
    get,
    metadata: async (ref) => (await get(ref))?.metadata,
    list: async <K extends Kind>(kind: K) => ({ items: (known[kind] ?? []) as ObjectOf<K>[], resourceVersion: '1' }),
    logs: async ({ name }) => {
      asked.push(`logs ${name}`)
      const found = known[`logs ${name}`]
      if (found instanceof Error) throw found
      return String(found ?? '')
    },
    table: never,
    watch: never as never,
    create: never,
    replace: never,
    apply: never,
    applyStatus: never,
    merge: never,
    delete: never,
  } satisfies KubeClient
  const stores = createStores({ client, namespaces: [], clock: systemClock, onNodeClaims: () => {}, onError: () => {} })
  if (workspace !== undefined) stores.workspaces.put(workspace)
  const settings = { ...DEFAULT_SETTINGS, nodeProvisioner: 'karpenter' as const }
  const named = new NamedObjects(client, systemClock)
  const options = { client, stores, named, settings, catalog: builtInCatalog, now: () => NOW }
  const applier = {
    remove: async ({ name }: { name: string }) => {
      removed.push(name)
      return 'removed' as const
    },
    applyObject: never,
    createObject: never,
    find: never,
    applyStatus: never,
    setFinalizer: never,
  }
  return { asked, removed, stores, client, applier, world: (fresh = false) => gather(KEY, options, signal, fresh) }
}

const trainer = (name: string, createdAt: string, uid = 'job-uid'): PodView => ({
  metadata: {
    name,
    namespace: 'default',
    creationTimestamp: createdAt,
    labels: { 'kaito.sh/workspace': 'phi-3', 'job-name': tuningJobName(tuningWorkspace()) },
    ownerReferences: [controller('Job', uid)],
  },
  status: { initContainerStatuses: [{ name: 'train', state: { running: {} } }] },
})

/** The Job of the run that the Workspace asks for. */
const theJob = {
  metadata: {
    name: tuningJobName(tuningWorkspace()),
    namespace: 'default',
    uid: 'job-uid',
    labels: { 'kaito.sh/workspace': 'phi-3', 'app.kubernetes.io/managed-by': 'kaito-ts' },
    ownerReferences: [controller('Workspace', tuningWorkspace().metadata.uid ?? '')],
  },
}

describe('gathering', () => {
  it('gives nothing for a Workspace that is gone, from the cache and from the apiserver', async () => {
    expect(await setup(undefined).world()).toBeUndefined()
    expect(await setup(tuningWorkspace()).world(true)).toBeUndefined()
  })

  it('knows only whether a Secret is there, never what is in it', async () => {
    const { world } = setup(tuningWorkspace(), {
      'Secret/push-secret': { metadata: { name: 'push-secret' }, data: { '.dockerconfigjson': 'TOP-SECRET' } },
    })
    const found = await world()
    expect(found?.secrets.get('push-secret')).toBe('found')
    expect(JSON.stringify([...(found?.secrets ?? [])])).not.toContain('TOP-SECRET')
  })

  it('asks for every Secret that a Workspace names', async () => {
    const adapters = [{ source: { name: 'a', image: 'i', imagePullSecrets: ['adapter-pull'] } }]
    const presetOptions = { image: 'i', imagePullSecrets: ['model-pull'], modelAccessSecret: 'hub-token' }
    const { world } = setup(inferenceWorkspace({ adapters, preset: { name: 'phi-4', presetOptions } }))
    expect([...((await world())?.secrets ?? [])].sort()).toEqual([
      ['adapter-pull', 'missing'],
      ['hub-token', 'missing'],
      ['model-pull', 'missing'],
    ])
  })

  it('says nothing of a Secret that it may not read, and fails when nobody answers', async () => {
    const forbidden = new KubeError('no', { status: 403, reason: 'Forbidden' })
    expect((await setup(tuningWorkspace(), { 'Secret/push-secret': forbidden }).world())?.secrets.size).toBe(0)
    const away = new KubeError('no', { status: 0, reason: 'Unreachable' })
    await expect(setup(tuningWorkspace(), { 'Secret/push-secret': away }).world()).rejects.toThrow(away)
  })

  it('tells a ConfigMap without data from one that is missing', async () => {
    const workspace = tuningWorkspace({ config: 'mine' })
    expect((await setup(workspace).world())?.config).toBeUndefined()
    expect((await setup(workspace, { 'ConfigMap/mine': { metadata: {} } }).world())?.config).toEqual({})
    expect((await setup(workspace, { 'ConfigMap/mine': { metadata: {}, data: { a: 'b' } } }).world())?.config).toEqual({
      a: 'b',
    })
  })

  it('takes for its own only the Jobs that it controls, whatever labels others wear', async () => {
    const { stores, world } = setup(tuningWorkspace())
    const labels = { 'kaito.sh/workspace': 'phi-3', 'app.kubernetes.io/managed-by': 'kaito-ts' }
    const job = (name: string, uid: string) => ({
      metadata: {
        name,
        namespace: 'default',
        labels,
        ownerReferences: [{ apiVersion: WORKSPACE_API, kind: 'Workspace', name: 'phi-3', uid, controller: true }],
      },
    })
    stores.jobs.put(job('ours', tuningWorkspace().metadata.uid ?? ''))
    stores.jobs.put(job('of-an-earlier-one', 'another-uid'))
    stores.jobs.put({ metadata: { name: 'copied', namespace: 'default', labels } })
    expect((await world())?.jobs.map(({ metadata }) => metadata.name)).toEqual(['ours'])
  })

  it('takes for its own only the pods of its Jobs and its StatefulSet, and reads no log of others', async () => {
    const { stores, world, asked } = setup(tuningWorkspace(), { 'logs ours': '' })
    stores.jobs.put(theJob)
    stores.pods.put(trainer('ours', '2026-01-01T01:00:00Z'))
    stores.pods.put(trainer('of-another-job', '2026-01-01T02:00:00Z', 'another-uid'))
    const forged = trainer('forged', '2026-01-01T03:00:00Z')
    stores.pods.put({ ...forged, metadata: { ...forged.metadata, ownerReferences: [] } })
    const notController = { ...controller('Job', 'job-uid'), controller: false }
    stores.pods.put({ ...forged, metadata: { ...forged.metadata, name: 'owned', ownerReferences: [notController] } })
    expect((await world())?.pods.map(({ metadata }) => metadata.name)).toEqual(['ours'])
    // Nor does it ask for a Secret: a run that has its Job needs none of the operator.
    expect(asked).toEqual(['logs ours'])

    const serving = setup(inferenceWorkspace())
    const labels = { 'kaito.sh/workspace': 'phi-3', 'app.kubernetes.io/managed-by': 'kaito-ts' }
    const owner = controller('Workspace', inferenceWorkspace().metadata.uid ?? '')
    const set = { name: 'phi-3', namespace: 'default', uid: 'set-uid', labels, ownerReferences: [owner] }
    serving.stores.statefulSets.put({ metadata: set })
    for (const uid of ['set-uid', 'job-uid']) serving.stores.pods.put(trainer(uid, '2026-01-01T01:00:00Z', uid))
    expect((await serving.world())?.pods.map(({ metadata }) => metadata.name)).toEqual(['set-uid'])
  })

  it('reads the progress of the newest try, whatever the order in which pods were seen', async () => {
    const log = '{"kaito":"progress","step":3,"maxSteps":9}'
    const { world, stores, asked } = setup(tuningWorkspace(), { 'logs new': log })
    stores.jobs.put(theJob)
    stores.pods.put(trainer('new', '2026-01-01T02:00:00Z'))
    stores.pods.put(trainer('old', '2026-01-01T01:00:00Z'))
    expect((await world())?.progress).toEqual([{ step: 3, maxSteps: 9 }])
    expect(asked).not.toContain('logs old')
  })

  it('goes on without a log that is gone', async () => {
    const gone = new KubeError('no', { status: 404, reason: 'NotFound' })
    const { world, stores } = setup(tuningWorkspace(), { 'logs new': gone })
    stores.jobs.put(theJob)
    stores.pods.put(trainer('new', '2026-01-01T02:00:00Z'))
    expect((await world())?.progress).toEqual([])
  })

  it('reads no log of a run that is over', async () => {
    const workspace = tuningWorkspace()
    const tuning = { jobName: tuningJobName(workspace), finishedAt: '2026-01-01T03:00:00Z' }
    const { world, stores, asked } = setup({ ...workspace, status: { tuning } })
    stores.jobs.put(theJob)
    stores.pods.put(trainer('new', '2026-01-01T02:00:00Z'))
    await world()
    expect(asked.filter((call) => call.startsWith('logs'))).toEqual([])
  })

  it('asks the apiserver for the NodeClaims of a Workspace being deleted: a lagging watch may hide one', async () => {
    const workspace = inferenceWorkspace()
    const deleting = { ...workspace, metadata: { ...workspace.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
    const known = { NodeClaim: [claim('hidden')] }
    expect((await setup(deleting, known).world())?.nodeClaims.map(({ metadata }) => metadata.name)).toEqual(['hidden'])
    expect((await setup(workspace, known).world())?.nodeClaims).toEqual([])
  })
})

describe('NodeClaims of another Workspace of the same name', () => {
  const own = nodeClaimName(inferenceWorkspace(), 0)

  it('are not taken for its own, whatever their labels say; those of an older release are known by their names', async () => {
    const { world, stores } = setup(inferenceWorkspace())
    const all = [
      claim('mine'),
      claim('earlier', 'kaito-ts', 'an-earlier-uid'),
      oldClaim(own),
      oldClaim('ws000000000-0'),
    ]
    stores.nodeClaims.replace([...all, claim('theirs', 'somebody')])
    expect((await world())?.nodeClaims.map(({ metadata }) => metadata.name)).toEqual(['mine', own])
  })

  it('are given back, once the apiserver has said whose name it is now', async () => {
    const { client, applier, stores, removed, asked } = setup(inferenceWorkspace(), {
      'Workspace/phi-3': inferenceWorkspace(),
    })
    stores.nodeClaims.replace([claim('mine'), oldClaim(own)])
    await releaseOrphans(KEY, { client, applier, stores }, signal)
    expect(asked).toEqual([])
    stores.nodeClaims.replace([
      claim('mine'),
      claim('earlier', 'kaito-ts', 'an-earlier-uid'),
      claim('theirs', 'x', 'y'),
    ])
    await releaseOrphans(KEY, { client, applier, stores }, signal)
    expect(removed).toEqual(['earlier'])
  })

  it('stay where the watch shows a Workspace that has been replaced by theirs', async () => {
    const now = { ...inferenceWorkspace(), metadata: { ...inferenceWorkspace().metadata, uid: 'newer' } }
    const { client, applier, stores, removed } = setup(inferenceWorkspace(), { 'Workspace/phi-3': now })
    stores.nodeClaims.replace([claim('of-the-old'), claim('of-the-new', 'kaito-ts', 'newer')])
    await releaseOrphans(KEY, { client, applier, stores }, signal)
    expect(removed).toEqual(['of-the-old'])
  })
})

describe('NodeClaims of a Workspace that is gone', () => {
  it('are given back, but not those of others', async () => {
    const { client, applier, stores, removed } = setup(undefined)
    stores.nodeClaims.replace([claim('ours'), claim('theirs', 'somebody')])
    await releaseOrphans(KEY, { client, applier, stores }, signal)
    expect(removed).toEqual(['ours'])
  })

  it('stay while the apiserver knows the Workspace, though the watch does not yet', async () => {
    const { client, applier, stores, removed } = setup(undefined, { 'Workspace/phi-3': inferenceWorkspace() })
    stores.nodeClaims.replace([claim('ours')])
    await releaseOrphans(KEY, { client, applier, stores }, signal)
    expect(removed).toEqual([])
  })
})

describe('images that were pushed', () => {
  it('are known by their tags once their run has said so', () => {
    const image = 'registry.example.com/adapters/phi-3@sha256:0'
    const done = { ...tuningWorkspace(), status: { tuning: { image } } }
    expect([...pushedImages([done, tuningWorkspace(), inferenceWorkspace()])]).toEqual([
      ['registry.example.com/adapters/phi-3:0.0.1', image],
    ])
  })
})
