import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import type { K8sObject } from '#src/api/objects.ts'
import { type Applier, createApplier } from '#src/kube/apply.ts'
import { createKubeClient } from '#src/kube/client.ts'
import { isConflict, isForbidden, isInvalid } from '#src/kube/errors.ts'
import { createEventRecorder } from '#src/kube/events.ts'
import type { Http } from '#src/kube/http.ts'
import { createDefinition } from '#test/support/other-kinds.ts'
import { type Connected, configMap, connect, until } from './harness.ts'

const run = promisify(execFile)
let plane: ControlPlane
let kube: Connected
let applier: Applier

beforeAll(async () => {
  plane = await startControlPlane()
  kube = connect(plane.kubeconfig)
  applier = createApplier(kube.client, 'kaito-ts')
  await createDefinition(kube.http, crd)
  await until('the CRD to be served', 20_000, async () => {
    const served = await kube.client.list('Workspace').catch(() => undefined)
    return served !== undefined
  })
})

afterAll(async () => {
  await kube?.credentials.close()
  await plane?.stop()
})

describe('writing to a real API server', () => {
  it('applies an object twice without the second apply changing anything', async () => {
    const first = await applier.applyObject(configMap('applied', { a: '1' }))
    const second = await applier.applyObject(configMap('applied', { a: '1' }))
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    const third = await applier.applyObject(configMap('applied', { b: '2' }))
    expect(third.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion)
    expect(third['data']).toEqual({ b: '2' })
  })

  it('leaves fields of others alone and takes its own back', async () => {
    await applier.applyObject(configMap('shared', { ours: '1' }))
    await kube.client.merge(
      { kind: 'ConfigMap', namespace: 'default', name: 'shared' },
      { data: { ours: 'x', theirs: '2' } },
    )
    const after = await applier.applyObject(configMap('shared', { ours: '1' }))
    expect(after['data']).toEqual({ ours: '1', theirs: '2' })
  })

  it('applies status apart from the object, and either leaves the other alone', async () => {
    const created = await applier.applyObject(workspace('w', { resource: { count: 1 } }))
    const status = { phase: 'Ready', conditions: [{ type: 'Ready', status: 'True' }] }
    const first = await applier.applyStatus(workspace('w', { status }))
    expect(first).toMatchObject({ resource: { count: 1 }, status, metadata: { generation: 1 } })
    const again = await applier.applyStatus(workspace('w', { status }))
    expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    const object = await applier.applyObject(workspace('w', { resource: { count: 2 } }))
    expect(object).toMatchObject({
      resource: { count: 2 },
      status,
      metadata: { uid: created.metadata.uid, generation: 2 },
    })
  })

  it('does not bring a deleted object back when the apply names its uid', async () => {
    const gone = await applier.applyObject(workspace('gone', {}))
    const ref = { kind: 'Workspace', namespace: 'default', name: 'gone' } as const
    expect(await applier.remove(ref, gone.metadata.uid ?? '')).toBe('removed')
    expect(await applier.remove(ref, gone.metadata.uid ?? '')).toBe('absent')
    const uid = gone.metadata.uid ?? ''
    const late = { ...workspace('gone', {}), metadata: { ...gone.metadata, uid } }
    await expect(applier.applyObject(late)).rejects.toSatisfy(isConflict)
    expect(await kube.client.get(ref)).toBeUndefined()
  })

  it('creates an object once, and takes none over that even the same manager has made meanwhile', async () => {
    const first = await applier.createObject(configMap('first-come', { by: 'one' }))
    await expect(applier.createObject(configMap('first-come', { by: 'two' }))).rejects.toSatisfy(isConflict)
    // Nor one of a stranger with whom there is nothing to argue about.
    await kube.client.create(configMap('strange', { theirs: '1' }))
    await expect(applier.createObject(configMap('strange', { ours: '1' }))).rejects.toSatisfy(isConflict)
    const ref = { kind: 'ConfigMap', namespace: 'default' } as const
    expect(await kube.client.get({ ...ref, name: 'first-come' })).toEqual(first)
    expect((await kube.client.get({ ...ref, name: 'strange' }))?.['data']).toEqual({ theirs: '1' })
    // What it made is its own like all else: a field left out later goes.
    const later = await applier.applyObject(configMap('first-come', { other: '3' }))
    expect(later['data']).toEqual({ other: '3' })
  })

  it('does not delete another object of the same name', async () => {
    const old = await kube.client.create(configMap('twin'))
    const ref = { kind: 'ConfigMap', namespace: 'default', name: 'twin' } as const
    await kube.client.delete(ref)
    const young = await kube.client.create(configMap('twin'))
    expect(await applier.remove(ref, old.metadata.uid ?? '')).toBe('replaced')
    expect((await kube.client.get(ref))?.metadata.uid).toBe(young.metadata.uid)
  })

  it('sets and drops a finalizer, also one that a person set by hand, and the object then goes', async () => {
    const held = await applier.applyObject(workspace('held', {}))
    const uid = held.metadata.uid ?? ''
    const ref = { kind: 'Workspace', namespace: 'default', name: 'held' } as const
    const name = 'kaito.sh/workspace'
    await kube.client.merge(ref, { metadata: { finalizers: ['example.com/other', name] } })
    expect((await applier.setFinalizer(ref, { uid, finalizer: name, present: true }))?.metadata.finalizers).toEqual([
      'example.com/other',
      name,
    ])
    await applier.remove(ref, uid)
    expect((await kube.client.get(ref))?.metadata['deletionTimestamp']).toBeTypeOf('string')
    await applier.setFinalizer(ref, { uid, finalizer: name, present: false })
    await applier.setFinalizer(ref, { uid, finalizer: 'example.com/other', present: false })
    expect(await kube.client.get(ref)).toBeUndefined()
    expect(await applier.setFinalizer(ref, { uid, finalizer: name, present: false })).toBeUndefined()
  })

  it('keeps every field it was given, known to it or not', async () => {
    const job: K8sObject = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { namespace: 'default', name: 'j' },
      spec: {
        suspend: true,
        backoffLimitPerIndex: 1,
        completionMode: 'Indexed',
        completions: 1,
        template: {
          spec: {
            restartPolicy: 'Never',
            containers: [{ name: 'c', image: 'x', volumeMounts: [{ name: 'a', mountPath: '/a' }] }],
            volumes: [{ name: 'a', image: { reference: 'reg/x:1', pullPolicy: 'IfNotPresent' } }],
          },
        },
      },
    }
    expect(await applier.applyObject(job)).toMatchObject(job)
  })

  it('names the kind of failure', async () => {
    await kube.client.create(configMap('there'))
    await expect(kube.client.create(configMap('there'))).rejects.toMatchObject({ status: 409, reason: 'AlreadyExists' })
    await expect(kube.client.create(configMap('Not_A_Name'))).rejects.toSatisfy(isInvalid)
    const stale = {
      ...configMap('there', { a: '1' }),
      metadata: { namespace: 'default', name: 'there', resourceVersion: '1' },
    }
    await expect(kube.client.replace(stale)).rejects.toMatchObject({ status: 409, reason: 'Conflict' })
    const stranger = connect(plane.kubeconfig)
    const http = { ...configMap('x'), metadata: { namespace: 'default', name: 'there' } }
    await expect(
      kube.client
        .apply({ ...http, data: { a: 'mine' } }, { manager: 'first' })
        .then(() => stranger.client.apply({ ...http, data: { a: 'other' } }, { manager: 'second' })),
    ).rejects.toMatchObject({ status: 409, details: { causes: [{ reason: 'FieldManagerConflict' }] } })
    await stranger.credentials.close()
  })

  it('learns that a Secret exists, and not what is in it', async () => {
    const bodies: string[] = []
    const text: Http['text'] = async (call) => {
      const body = await kube.http.text(call)
      bodies.push(body)
      return body
    }
    const spying = createKubeClient({ ...kube.http, text })
    const metadata = { namespace: 'default', name: 'hidden' }
    await kube.client.create({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { key: 'TOP-SECRET' } })
    expect(await spying.metadata({ kind: 'Secret', ...metadata })).toMatchObject(metadata)
    expect(bodies.join()).toContain('PartialObjectMetadata')
    expect(bodies.join()).not.toContain(Buffer.from('TOP-SECRET').toString('base64'))
    expect(await spying.metadata({ kind: 'Secret', namespace: 'default', name: 'nowhere' })).toBeUndefined()
  })

  it('says forbidden to a service account without rights, with the token as its only credential', async () => {
    const token = await serviceAccountToken('default')
    const config = { server: plane.url, ca: plane.ca, token }
    const limited = connect(writeTokenKubeconfig(plane.dir, config))
    await expect(limited.client.list('Secret')).rejects.toSatisfy(isForbidden)
    await limited.credentials.close()
  })

  it('records events in a series and never throws', async () => {
    const dropped: unknown[] = []
    let now = Date.parse('2026-11-23T12:00:00Z')
    const recorder = createEventRecorder({
      client: kube.client,
      controller: 'kaito.sh/test',
      instance: 'test-0',
      wallTime: () => new Date(now),
      randomName: () => 'abc123',
      onDropped: (error) => dropped.push(error),
    })
    const about = await kube.client.create(configMap('about'))
    const event = { type: 'Warning', reason: 'PushDenied', action: 'Push', note: 'é'.repeat(900) } as const
    recorder.record(about, event)
    await recorder.flush()
    for (const later of [10_000, 31_000, 35_000, 70_000]) {
      now = Date.parse('2026-11-23T12:00:00Z') + later
      recorder.record(about, event)
    }
    await recorder.flush()
    const { items } = await kube.client.list('Event', { namespace: 'default' })
    const ours = items.filter((item) => item['reason'] === 'PushDenied')
    expect(ours).toHaveLength(1)
    expect(ours[0]).toMatchObject({ type: 'Warning', regarding: { uid: about.metadata.uid }, series: { count: 5 } })
    expect(Buffer.byteLength(String(ours[0]?.['note']))).toBeLessThanOrEqual(1024)
    expect(dropped).toEqual([])
    const nowhere = { ...about, metadata: { ...about.metadata, namespace: 'no-such-namespace' } }
    recorder.record(nowhere, { ...event, note: 'x' })
    await recorder.flush()
    expect(dropped).toHaveLength(1)
  })
})

const workspace = (name: string, fields: Record<string, unknown>): K8sObject => ({
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  metadata: { namespace: 'default', name },
  ...fields,
})

/** The smallest CRD with a status subresource that has Workspace's name. */
const crd: K8sObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'workspaces.kaito.sh' },
  spec: {
    group: 'kaito.sh',
    scope: 'Namespaced',
    names: { kind: 'Workspace', plural: 'workspaces', singular: 'workspace', listKind: 'WorkspaceList' },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}

/** A token that the server itself issued for a new service account. */
async function serviceAccountToken(name: string): Promise<string> {
  await run(plane.kubectl, ['--kubeconfig', plane.kubeconfig, 'create', 'serviceaccount', name])
  const { stdout } = await run(plane.kubectl, ['--kubeconfig', plane.kubeconfig, 'create', 'token', name])
  return stdout.trim()
}

function writeTokenKubeconfig(
  dir: string,
  { server, ca, token }: { server: string; ca: string; token: string },
): string {
  const file = join(dir, 'token-kubeconfig')
  const config = {
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}
