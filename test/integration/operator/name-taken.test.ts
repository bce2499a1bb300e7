import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import { startByoRig } from '#test/support/byo-rig.ts'
import { eventually, settled } from '#test/support/eventually.ts'
import { type Rig, verdict } from '#test/support/operator-rig.ts'
import { inferenceSpec } from '#test/support/workspaces.ts'

let rig: Rig

beforeAll(async () => {
  ;({ rig } = await startByoRig())
  await rig.operator()
})
afterAll(() => rig?.stop())

const service = (namespace: string, name: string): K8sObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace, name, labels: { app: 'payments' } },
  spec: { selector: { app: 'payments' }, ports: [{ name: 'web', port: 80, targetPort: 8080 }] },
})

const set = (namespace: string, name: string): K8sObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { namespace, name },
  spec: {
    serviceName: name,
    selector: { matchLabels: { app: 'db' } },
    template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image: 'db' }] } },
  },
})

const messageOf = async (namespace: string, name: string) =>
  (await rig.status(namespace, name)).conditions?.find(({ type }) => type === 'Ready')?.message ?? ''

const isTaken = (namespace: string, name: string) =>
  eventually('it says that the name is taken', async () => {
    return verdict(await rig.status(namespace, name), 'Ready') === 'False NameTaken'
  })

describe('a Workspace whose name somebody else has', () => {
  it.for<['Service' | 'StatefulSet', typeof service]>([
    ['Service', service],
    ['StatefulSet', set],
  ] as const)(
    'leaves the %s alone, names it, makes nothing beside it, and goes on once it is gone',
    { timeout: 90_000 },
    async ([kind, make]) => {
      const namespace = await rig.namespace()
      const before = await rig.client.create(make(namespace, 'payments'))
      await rig.create(namespace, 'payments', inferenceSpec())
      await isTaken(namespace, 'payments')
      expect(await messageOf(namespace, 'payments')).toMatch(
        new RegExp(`${kind} payments is there already.*another name`),
      )
      const ref = { kind, namespace, name: 'payments' }
      const after = await settled('it', async () => rig.client.get(ref), 3_000)
      expect(after).toEqual(before)
      const others = kind === 'Service' ? 'StatefulSet' : 'Service'
      expect(await rig.list(others, namespace)).toEqual([])
      await rig.client.delete(ref)
      await eventually('it goes on', async () => {
        return verdict(await rig.status(namespace, 'payments'), 'Ready') === 'False ServerStarting'
      })
      expect(await rig.list('Service', namespace)).toHaveLength(2)
    },
  )

  it('is not served by the Services of another Workspace, nor takes them', async () => {
    const namespace = await rig.namespace()
    await rig.create(namespace, 'a', inferenceSpec())
    await eventually('its Services', async () => (await rig.list('Service', namespace)).length === 2)
    const headless = { kind: 'Service' as const, namespace, name: 'a-headless' }
    const before = await rig.client.get(headless)
    await rig.create(namespace, 'a-headless', inferenceSpec())
    await isTaken(namespace, 'a-headless')
    expect(await messageOf(namespace, 'a-headless')).toContain('belongs to Workspace a;')
    expect(await settled('it', async () => rig.client.get(headless), 2_000)).toEqual(before)
    expect(verdict(await rig.status(namespace, 'a'), 'Ready')).toBe('False ServerStarting')
  }, 60_000)
})
