import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '#examples/cluster/command.ts'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import { freePort } from '#examples/cluster/free-port.ts'
import { killDaemon } from '#examples/cluster/process.ts'
import { type Redis, startRedis } from '#examples/cluster/redis.ts'
import type { K8sObject } from '#src/api/objects.ts'
import { createNamespace } from '#test/support/other-kinds.ts'
import { type Connected, connect, until } from '../kube/harness.ts'
import { at, NAMESPACE, release } from './helm.ts'
import { type Released, startReleased } from './released-operator.ts'
import { leadServiceHere, makeNode } from './surroundings.ts'

let plane: ControlPlane
let redis: Redis
let admin: Connected
let released: readonly Released[] = []

beforeAll(async () => {
  ;[plane, redis] = await Promise.all([startControlPlane(), startRedis()])
  admin = connect(plane.kubeconfig)
  for (const name of ['team-a', 'team-b']) await createNamespace(admin.http, name)
  const port = await freePort()
  const settings = { nodeProvisioner: 'byo', namespaces: ['team-a', 'team-b'] }
  await release('install', plane.kubeconfig, { settings, webhook: { port } })
  const surroundings = { plane, client: admin.client, redisUrl: redis.url, logLevel: 'debug' } as const
  released = await Promise.all([startReleased('webhook', surroundings), startReleased('reconciler', surroundings)])
  await leadServiceHere(admin, port)
  await makeNode(admin)
})

afterAll(async () => {
  for (const daemon of released) await killDaemon(daemon)
  await admin?.credentials.close()
  await Promise.all([plane?.stop(), redis?.stop()])
})

const serving = (namespace: string, name: string): K8sObject => ({
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  metadata: { namespace, name },
  resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'ws' } } },
  inference: { preset: { name: 'phi-3-mini-128k-instruct' } },
})

const kubectl = (args: readonly string[]) => runCommand([plane.kubectl, '--kubeconfig', plane.kubeconfig, ...args])

async function may(account: string, verb: string, resource: string, namespace: string): Promise<boolean> {
  const who = `--as=system:serviceaccount:${NAMESPACE}:${account}`
  return (await kubectl(['auth', 'can-i', verb, resource, who, `--namespace=${namespace}`])).stdout.trim() === 'yes'
}

describe('an operator that looks after some namespaces', () => {
  it('serves in each of them, and is refused nothing', async () => {
    for (const namespace of ['team-a', 'team-b']) await admin.client.create(serving(namespace, 'chat'))
    const conditions = async (namespace: string) =>
      at(await admin.client.get({ kind: 'Workspace', namespace, name: 'chat' }), 'status', 'conditions')
    for (const namespace of ['team-a', 'team-b']) {
      const ref = { kind: 'StatefulSet', namespace, name: 'chat' } as const
      await until(`a server in ${namespace}`, 30_000, async () => (await admin.client.get(ref)) !== undefined)
      await until('a status', 20_000, async () => (await conditions(namespace)) !== undefined)
    }
    await admin.client.delete({ kind: 'Workspace', namespace: 'team-a', name: 'chat' })
    const gone = { kind: 'Workspace', namespace: 'team-a', name: 'chat' } as const
    await until('it is gone', 20_000, async () => (await admin.client.get(gone)) === undefined)
    for (const { logFile } of released) {
      const lines = readFileSync(logFile, 'utf8').split('\n')
      expect(lines.filter((text) => /forbidden|"code":403|status 403/i.test(text))).toEqual([])
    }
  })

  it('says so to whoever applies a Workspace elsewhere', async () => {
    await expect(admin.client.create(serving('default', 'chat'))).rejects.toThrow(/create it in team-a, team-b/)
  })

  it('has rights over what is in these namespaces alone', async () => {
    for (const [verb, resource] of [
      ['create', 'jobs.batch'],
      ['list', 'workspaces.kaito.sh'],
      ['get', 'configmaps'],
      ['get', 'secrets/push'],
      ['create', 'events.events.k8s.io'],
    ] as const) {
      const answers = await Promise.all(['team-a', 'default'].map((where) => may('kaito-ts', verb, resource, where)))
      expect([verb, resource, ...answers]).toEqual([verb, resource, true, false])
    }
    expect(await may('kaito-ts-webhook', 'get', 'secrets/push', 'team-b')).toBe(true)
    expect(await may('kaito-ts-webhook', 'get', 'secrets/push', 'default')).toBe(false)
    expect(await may('kaito-ts-webhook', 'create', 'jobs.batch', 'team-a')).toBe(false)
  })
})
