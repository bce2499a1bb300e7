import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import { startByoRig } from '#test/support/byo-rig.ts'
import { eventually, settled } from '#test/support/eventually.ts'
import { type Rig, verdict } from '#test/support/operator-rig.ts'
import type { PretendKubelet } from '#test/support/pretend-kubelet.ts'
import { inferenceSpec } from '#test/support/workspaces.ts'

let rig: Rig
let kubelet: PretendKubelet

beforeAll(async () => {
  ;({ rig, kubelet } = await startByoRig())
  await rig.operator()
})
afterAll(() => rig?.stop())

const adapter = (name: string, strength = '1.0') => ({
  source: { name, image: `registry.example.com/adapters/${name}:0.0.1` },
  strength,
})

/** A namespace with a serving Workspace, and its StatefulSet once that is there. */
async function serving(more: Parameters<typeof inferenceSpec>[0] = {}) {
  const namespace = await rig.namespace()
  await rig.create(namespace, 'serve', inferenceSpec(more))
  const set = await eventually('the StatefulSet is there', () => theSet(namespace))
  return { namespace, set }
}

const theSet = (namespace: string) => rig.client.get({ kind: 'StatefulSet', namespace, name: 'serve' })

const isReady = (namespace: string) =>
  eventually('it is ready', async () => {
    const status = await rig.status(namespace, 'serve')
    return verdict(status, 'InferenceReady') === 'True ServerReady' ? status : undefined
  })

const volumesOf = (set: K8sObject | undefined): unknown =>
  (set?.['spec'] as { template: { spec: { volumes: { name: string }[] } } } | undefined)?.template.spec.volumes

describe('an inference Workspace', () => {
  it('becomes a StatefulSet and two Services, and is ready when its replicas are', async () => {
    const { namespace, set } = await serving({ adapters: [adapter('tone')] })
    const services = await eventually('two Services', async () => {
      const found = await rig.list('Service', namespace)
      return found.length === 2 ? found : undefined
    })
    expect(services.map(({ metadata }) => metadata.name).sort()).toEqual(['serve', 'serve-headless'])
    const waiting = await eventually('it says that it starts', async () => {
      const status = await rig.status(namespace, 'serve')
      return verdict(status, 'InferenceReady') === 'False ServerStarting' ? status : undefined
    })
    expect(waiting.adapters?.[0]?.phase).toBe('Pending')
    await kubelet.readySet(set)
    const status = await isReady(namespace)
    expect(verdict(status, 'Ready')).toBe('True ServerReady')
    expect(status.state).toBe('Ready')
    expect(status.adapters).toEqual([
      expect.objectContaining({ name: 'tone', phase: 'Loaded', mount: 'imageVolume', strength: '1.0' }),
    ])
  })

  it('takes an adapter up by a new pod template, and is ready again only when the new replicas are', async () => {
    const { namespace, set } = await serving()
    await kubelet.readySet(set)
    await isReady(namespace)
    const change = { inference: { adapters: [adapter('tone'), adapter('facts', '0.5')] } }
    await rig.client.merge({ kind: 'Workspace', namespace, name: 'serve' }, change)
    const next = await eventually('a new template', async () => {
      const now = await theSet(namespace)
      return now?.metadata['generation'] === set.metadata['generation'] ? undefined : now
    })
    expect(JSON.stringify(volumesOf(next))).toContain('registry.example.com/adapters/tone:0.0.1')
    expect(JSON.stringify(volumesOf(set))).not.toContain('registry.example.com/adapters/tone:0.0.1')
    const status = await eventually('not ready', async () => {
      const now = await rig.status(namespace, 'serve')
      return verdict(now, 'InferenceReady') === 'False ServerStarting' ? now : undefined
    })
    expect(status.state).toBe('NotReady')
    await kubelet.readySet(set)
    expect((await isReady(namespace)).adapters?.map(({ name, phase }) => `${name} ${phase}`)).toEqual([
      'tone Loaded',
      'facts Loaded',
    ])
  })

  it('stays Ready while a change cannot be applied, says why beside that, and goes on by itself', async () => {
    const { namespace, set } = await serving()
    await kubelet.readySet(set)
    await isReady(namespace)
    const allow = await rig.forbidServers(namespace)
    const change = { inference: { adapters: [adapter('tone')] } }
    await rig.client.merge({ kind: 'Workspace', namespace, name: 'serve' }, change)
    const refused = await eventually('it says so', async () => {
      const status = await rig.status(namespace, 'serve')
      return verdict(status, 'Applied') === 'False ApplyFailed' ? status : undefined
    })
    expect(refused.conditions?.find(({ type }) => type === 'Applied')?.message).toMatch(
      /StatefulSet serve cannot be applied: .*servers are frozen today.*the policy that refuses it; it is tried again/,
    )
    expect([verdict(refused, 'Ready'), refused.observedGeneration]).toEqual(['True ServerReady', 1])
    await settled('it', async () => verdict(await rig.status(namespace, 'serve'), 'Ready'), 2_000)
    await allow()
    await eventually('it is applied', async () => JSON.stringify(volumesOf(await theSet(namespace))).includes('tone'))
    await kubelet.readySet(set)
    const status = await eventually('nothing is left of it', async () => {
      const now = await rig.status(namespace, 'serve')
      return verdict(now, 'Applied') === undefined && verdict(now, 'Ready') === 'True ServerReady' ? now : undefined
    })
    expect(status.observedGeneration).toBe(2)
  }, 90_000)

  it('puts back what somebody edits by hand or deletes', async () => {
    const { namespace, set } = await serving()
    await kubelet.readySet(set)
    await isReady(namespace)
    const service = { kind: 'Service' as const, namespace, name: 'serve' }
    await rig.client.merge(service, { spec: { selector: { app: 'another' } } })
    await eventually('the selector is back', async () => {
      const spec = (await rig.client.get(service))?.['spec'] as { selector: Record<string, string> }
      return spec.selector['kaito.sh/workspace'] === 'serve'
    })
    await rig.client.delete(service)
    await eventually('the Service is back', () => rig.client.get(service))
    await rig.client.merge({ kind: 'StatefulSet', namespace, name: 'serve' }, { spec: { replicas: 0 } })
    await eventually('the replicas are back', async () => {
      return ((await theSet(namespace))?.['spec'] as { replicas?: number } | undefined)?.replicas === 1
    })
  })

  it('writes nothing at rest, not even when nodes report or the Workspace is looked at', async () => {
    const { namespace, set } = await serving({ adapters: [adapter('tone')] })
    await kubelet.readySet(set)
    await isReady(namespace)
    const versions = async () => {
      const workspace = await rig.workspace(namespace, 'serve')
      const objects = [await theSet(namespace), ...(await rig.list('Service', namespace))]
      const managed = workspace?.status
      return { status: managed, objects: objects.map((object) => object?.metadata.resourceVersion) }
    }
    const before = await settled('what the operator wrote', versions)
    const workspaceAt = async () => (await rig.workspace(namespace, 'serve'))?.metadata.resourceVersion
    const ref = { kind: 'Workspace' as const, namespace, name: 'serve' }
    await rig.client.merge(ref, { metadata: { labels: { looked: 'once' } } })
    const touched = await workspaceAt()
    await rig.client.merge({ kind: 'Node', name: 'gpu-1' }, { metadata: { annotations: { seen: 'now' } } })
    await new Promise((resolve) => setTimeout(resolve, 10_000))
    expect(await versions()).toEqual(before)
    expect(await workspaceAt()).toBe(touched)
  })

  it('says which label is missing while no node has it', async () => {
    const namespace = await rig.namespace()
    const spec = inferenceSpec()
    const resource = { ...spec.resource, labelSelector: { matchLabels: { apps: 'nobody' } } }
    await rig.create(namespace, 'serve', { ...spec, resource })
    const status = await eventually('it waits for a node', async () => {
      const now = await rig.status(namespace, 'serve')
      return verdict(now, 'ResourceReady') === 'False NodesMissing' ? now : undefined
    })
    expect(status.conditions?.[0]?.message).toContain('kubectl label node <node> apps=nobody')
    expect(await theSet(namespace)).toBeUndefined()
    await kubelet.joinNode('gpu-2', { apps: 'nobody' })
    await eventually('the StatefulSet is there', () => theSet(namespace))
  })

  it('lets a deleted Workspace go at once', async () => {
    const { namespace } = await serving()
    await rig.client.delete({ kind: 'Workspace', namespace, name: 'serve' })
    await eventually('it is gone', async () => (await rig.workspace(namespace, 'serve')) === undefined, 5_000)
  })
})
