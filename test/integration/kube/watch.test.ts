import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import { isNotFound } from '#src/kube/errors.ts'
import { keyOf } from '#src/runtime/store.ts'
import { type Connected, configMap, connect, etcdUrl, follow, until } from './harness.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

let plane: ControlPlane
let direct: Connected
let proxy: TcpProxy
let proxied: Connected

beforeAll(async () => {
  plane = await startControlPlane()
  proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(plane.url).port) })
  direct = connect(plane.kubeconfig)
  proxied = connect(plane.kubeconfig, `https://127.0.0.1:${proxy.port}`)
})

afterAll(async () => {
  await direct?.credentials.close()
  await proxied?.credentials.close()
  await proxy?.stop()
  await plane?.stop()
})

const remove = (name: string) => direct.client.delete({ kind: 'ConfigMap', namespace: 'default', name })

/** Asserts that a store holds exactly what the server lists, version by version. */
async function expectEqual(store: ReturnType<typeof follow>['store']): Promise<void> {
  const versions = (
    objects: readonly { metadata: { resourceVersion?: string } & Parameters<typeof keyOf>[0]['metadata'] }[],
  ) => objects.map((object) => `${keyOf(object)}@${object.metadata.resourceVersion}`).sort()
  const page = await direct.client.list('ConfigMap', { namespace: 'default' })
  expect(page.items.length).toBeGreaterThan(0)
  expect(versions(store.all())).toEqual(versions(page.items))
}

describe('a watch loop on a real API server', () => {
  it('sees what is there, and then creations, updates and deletions', async () => {
    await direct.client.create(configMap('before'))
    const followed = follow(direct.client, 'ConfigMap')
    await followed.store.synced()
    expect(followed.changes).toContain('added default/before')
    await direct.client.create(configMap('later', { a: '1' }))
    await direct.client.merge({ kind: 'ConfigMap', namespace: 'default', name: 'later' }, { data: { a: '2' } })
    await remove('later')
    await until('the deletion', 20_000, () => followed.changes.includes('deleted default/later'))
    expect(followed.changes.slice(-3)).toEqual([
      'added default/later',
      'updated default/later',
      'deleted default/later',
    ])
    await expectEqual(followed.store)
    expect(followed.errors).toEqual([])
    await followed.stop()
    expect(followed.loop.state.kind).toBe('stopped')
  })

  it('lists in pages and misses nothing', async () => {
    for (let i = 0; i < 12; i++) await direct.client.create(configMap(`page-${i}`))
    const followed = follow(direct.client, 'ConfigMap', { pageSize: 5 })
    await followed.store.synced()
    expect(followed.store.size).toBeGreaterThanOrEqual(12)
    await expectEqual(followed.store)
    await followed.stop()
  })

  it('lists in pages as short as large objects need', async () => {
    const size = 900_000
    const names = Array.from({ length: 24 }, (_, index) => `large-${index}`)
    for (const name of names) await direct.client.create(configMap(name, { data: 'x'.repeat(size) }))
    const followed = follow(direct.client, 'ConfigMap')
    await followed.store.synced()
    expect(followed.errors).toEqual([])
    expect(followed.store.all().filter(({ metadata }) => names.includes(metadata.name))).toHaveLength(names.length)
    // More than one answer may be, so that all of them in one page would have failed.
    expect(names.length * size).toBeGreaterThan(16 * 1024 * 1024)
    await followed.stop()
    for (const name of names) await remove(name)
  })

  it('recovers from a killed API server by itself and ends up equal to it', async () => {
    const followed = follow(direct.client, 'ConfigMap')
    await followed.store.synced()
    await plane.killApiserver()
    await until('an error', 20_000, () => followed.errors.length > 0)
    await plane.restartApiserver()
    await direct.client.create(configMap('after-restart'))
    await until('the new object', 40_000, () => followed.store.get('default/after-restart') !== undefined)
    await expectEqual(followed.store)
    await followed.stop()
  })

  it('deletes what vanished while it was cut off and the history was compacted away', async () => {
    await direct.client.create(configMap('doomed-1'))
    await direct.client.create(configMap('doomed-2'))
    await direct.client.create(configMap('kept'))
    const followed = follow(proxied.client, 'ConfigMap')
    await followed.store.synced()
    proxy.cut()
    await remove('doomed-1')
    await remove('doomed-2')
    const { resourceVersion } = await direct.client.create(configMap('newcomer')).then(({ metadata }) => metadata)
    await compact(Number(resourceVersion))
    // The API server's own cache remembers more than etcd does; a fresh process knows only what etcd still has.
    await plane.restartApiserver()
    followed.changes.length = 0
    followed.errors.length = 0
    proxy.mend()
    await until('the newcomer', 40_000, () => followed.store.get('default/newcomer') !== undefined)
    expect(followed.changes).toEqual(
      expect.arrayContaining(['deleted default/doomed-1', 'deleted default/doomed-2', 'added default/newcomer']),
    )
    expect(followed.changes.some((change) => change.includes('kept'))).toBe(false)
    expect(followed.errors).toContainEqual(expect.objectContaining({ status: 410, reason: 'Expired' }))
    expect(followed.states).toContain('listing')
    await expectEqual(followed.store)
    await followed.stop()
  })

  it('notices a connection that has gone silent and goes on with another', async () => {
    const followed = follow(proxied.client, 'ConfigMap', { stalledMs: 2000 })
    await followed.store.synced()
    await direct.client.create(configMap('heard'))
    await until('a watch that works', 20_000, () => followed.store.get('default/heard') !== undefined)
    proxy.freeze()
    await direct.client.create(configMap('unheard'))
    await until('the object behind the silence', 20_000, () => followed.store.get('default/unheard') !== undefined)
    expect(followed.states.filter((state) => state === 'listing')).toEqual([])
    await followed.stop()
  })

  it('is given bookmarks for what happens outside of its selection, so that it need not list again', async () => {
    const page = await direct.client.list('ConfigMap', { namespace: 'default' })
    const end = new AbortController()
    const seen: string[] = []
    // The last bookmark comes 2 s before the end of a watch, and only if the kind has changed somewhere.
    const from = { resourceVersion: page.resourceVersion, seconds: 5 }
    for await (const event of direct.client.watch('ConfigMap', { namespace: 'default' }, from, end.signal)) {
      seen.push(event.type)
      if (event.type === 'open') {
        await direct.client.create({
          ...configMap('elsewhere'),
          metadata: { namespace: 'kube-public', name: 'elsewhere' },
        })
      }
      if (event.type === 'bookmark') expect(Number(event.resourceVersion)).toBeGreaterThan(Number(page.resourceVersion))
    }
    expect(new Set(seen)).toEqual(new Set(['open', 'bookmark']))
  })

  it('tells a missing object from a missing answer', async () => {
    await expect(remove('never-was')).rejects.toSatisfy(isNotFound)
    expect(await direct.client.get({ kind: 'ConfigMap', namespace: 'default', name: 'never-was' })).toBeUndefined()
    const nobody = connect(plane.kubeconfig, 'https://127.0.0.1:1', { retries: 0 })
    await expect(nobody.client.list('ConfigMap')).rejects.toMatchObject({ status: 0, reason: 'Unreachable' })
  })
})

/** Throws away etcd's history below `revision`, as the API server does every five minutes. */
async function compact(revision: number): Promise<void> {
  const answer = await fetch(`${etcdUrl(plane.dir)}/v3/kv/compaction`, {
    method: 'POST',
    body: JSON.stringify({ revision, physical: true }),
  })
  expect(answer.status).toBe(200)
}
