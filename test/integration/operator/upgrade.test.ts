import { afterAll, beforeAll, expect, it } from 'vitest'
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
})
afterAll(() => rig?.stop())

it('an upgrade of the operator changes no server; a change of its Workspace does, with the new images', async () => {
  const namespace = await rig.namespace()
  const before = await rig.operator('operator-0', { images: { operator: 'operator:1', server: 'server:1' } })
  await rig.create(namespace, 'serve', inferenceSpec())
  const theSet = () => rig.client.get({ kind: 'StatefulSet', namespace, name: 'serve' })
  const set = await eventually('the StatefulSet', theSet)
  await kubelet.readySet(set)
  await eventually('it is ready', async () => {
    return verdict(await rig.status(namespace, 'serve'), 'Ready') === 'True ServerReady'
  })
  const ours = { kind: 'StatefulSet' as const, namespace, name: 'serve' }
  const podSpec = (of: K8sObject | undefined) =>
    (of?.['spec'] as { template: { spec: { enableServiceLinks?: boolean } } } | undefined)?.template.spec
  await rig.client.merge(ours, { spec: { template: { spec: { enableServiceLinks: null } } } })
  await eventually('what was taken out by hand is put back', async () => {
    return podSpec(await theSet())?.enableServiceLinks === false
  })
  const restarted = { 'kubectl.kubernetes.io/restartedAt': 'now' }
  await rig.client.merge(ours, { spec: { template: { metadata: { annotations: restarted } } } })
  const old = await settled('the StatefulSet', theSet, 2_000)
  await kubelet.readySet(set)
  await before.stop()

  await rig.operator('operator-1', {
    images: { operator: 'operator:2', server: 'server:2' },
    imagePullSecrets: ['new'],
  })
  const ref = { kind: 'Workspace' as const, namespace, name: 'serve' }
  await rig.client.merge(ref, { metadata: { annotations: { unrelated: 'yes' } } })
  const after = await settled('the StatefulSet', theSet, 5_000)
  expect(after?.metadata['generation']).toBe(old?.metadata['generation'])
  expect((await rig.status(namespace, 'serve')).serving).toMatchObject({ operatorImage: 'operator:1' })

  await rig.client.merge(ref, { metadata: { annotations: { 'kaito.sh/restart': 'now' } } })
  const next = await eventually('a new template', async () => {
    const now = await theSet()
    return now?.metadata['generation'] === old?.metadata['generation'] ? undefined : now
  })
  expect(JSON.stringify(next)).toContain('operator:2')
  expect(JSON.stringify(next)).toContain('server:2')
}, 120_000)
