import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startByoRig } from '#test/support/byo-rig.ts'
import { eventually, settled } from '#test/support/eventually.ts'
import { type Rig, verdict } from '#test/support/operator-rig.ts'
import { inferenceSpec, tuningSpec } from '#test/support/workspaces.ts'

let rig: Rig

// No webhook is installed here: whatever its definition lets in reaches the operator.
beforeAll(async () => {
  ;({ rig } = await startByoRig())
  await rig.operator()
})
afterAll(() => rig?.stop())

const container = { name: 'llm', image: 'registry.example.com/llm:1' }
const rooted = { ...container, securityContext: { privileged: true } }
const templated = (spec: Readonly<Record<string, unknown>>) => ({
  ...inferenceSpec(),
  inference: { template: { spec: { containers: [container], ...spec } } },
})
const nodeFiles = { hostPath: { path: '/' } }

const readyOf = async (namespace: string) => verdict(await rig.status(namespace, 'w'), 'Ready')
const made = async (namespace: string) => [
  ...(await rig.list('StatefulSet', namespace)),
  ...(await rig.list('Job', namespace)),
  ...(await rig.list('Service', namespace)),
]

describe('a Workspace that passed by the webhooks', () => {
  it.for<[string, Parameters<Rig['create']>[2]]>([
    ['of a privileged pod', templated({ containers: [rooted], hostPID: true, nodeName: 'gpu-1' })],
    ["of a pod with an administrator's account", templated({ serviceAccountName: 'admin-sa' })],
    ["of a pod with the node's files", templated({ volumes: [{ name: 'root', ...nodeFiles }] })],
    ["of a run that reads the node's files", tuningSpec({ input: { volumeSource: nodeFiles } })],
  ])('%s becomes nothing, and says why', { timeout: 60_000 }, async ([, spec]) => {
    const namespace = await rig.namespace()
    await rig.create(namespace, 'w', spec)
    await eventually('it says so', async () => (await readyOf(namespace)) === 'False NotAllowed')
    expect(await settled('nothing', () => made(namespace), 2_000)).toEqual([])
  })

  it('of a plain pod becomes one that a restricted namespace takes', async () => {
    const namespace = await rig.namespace()
    await rig.create(namespace, 'w', templated({}))
    const set = await eventually('its server', () => rig.client.get({ kind: 'StatefulSet', namespace, name: 'w' }))
    expect(set).toMatchObject({
      spec: {
        template: {
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [{ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
          },
        },
      },
    })
  }, 60_000)

  it('keeps its server as it is when it asks for more', async () => {
    const namespace = await rig.namespace()
    await rig.create(namespace, 'w', templated({}))
    const set = () => rig.client.get({ kind: 'StatefulSet', namespace, name: 'w' })
    const before = await eventually('its server', set)
    await rig.client.merge({ kind: 'Workspace', namespace, name: 'w' }, templated({ containers: [rooted] }))
    await eventually('it says so', async () => (await readyOf(namespace)) === 'False NotAllowed')
    expect((await set())?.['spec']).toEqual(before['spec'])
  }, 60_000)
})
