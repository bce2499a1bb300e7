import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import { freePort } from '#examples/cluster/free-port.ts'
import { type Daemon, killDaemon } from '#examples/cluster/process.ts'
import { type Redis, startRedis } from '#examples/cluster/redis.ts'
import type { KubeClient } from '#src/kube/client.ts'
import type { Credentials } from '#src/kube/credentials.ts'
import { MUTATING, VALIDATING } from '#webhooks/registration.ts'
import { connect, until } from '../kube/harness.ts'
import { at, NAMESPACE, release } from './helm.ts'
import { startReleased } from './released-operator.ts'

let plane: ControlPlane
let redis: Redis
let client: KubeClient
let credentials: Credentials
let daemons: readonly Daemon[] = []

beforeAll(async () => {
  ;[plane, redis] = await Promise.all([startControlPlane(), startRedis()])
  ;({ client, credentials } = connect(plane.kubeconfig))
  await release('install', plane.kubeconfig, {
    settings: { nodeProvisioner: 'byo' },
    webhook: { port: await freePort() },
  })
  const surroundings = { plane, client, redisUrl: redis.url, logLevel: 'debug' } as const
  daemons = await Promise.all([startReleased('webhook', surroundings), startReleased('reconciler', surroundings)])
})

afterAll(async () => {
  await Promise.all(daemons.map((daemon) => killDaemon(daemon)))
  await credentials?.close()
  await Promise.all([plane?.stop(), redis?.stop()])
})

const log = () => daemons.map(({ logFile }) => readFileSync(logFile, 'utf8')).join('\n')

const serving = (name: string) => ({
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  metadata: { name, namespace: 'default' },
  resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'ws' } } },
  inference: { preset: { name: 'phi-3-mini-128k-instruct' } },
})

const tuning = (name: string) => ({
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  metadata: { name, namespace: 'default' },
  resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'ws' } } },
  tuning: {
    preset: { name: 'phi-3-mini-128k-instruct' },
    method: 'qlora',
    input: { urls: ['https://datasets.example.com/data.parquet'] },
    output: { image: 'registry.example.com/adapters/a:1', imagePushSecret: 'push' },
  },
})

const gpuNode = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { apps: 'ws', 'node.kubernetes.io/instance-type': 'Standard_NC24ads_A100_v4' } },
})

describe('the operator with the rights of the chart', () => {
  it('becomes the leader and publishes the authority of its webhooks', async () => {
    const lease = { kind: 'Lease' as const, namespace: NAMESPACE, name: 'kaito-ts' }
    await until(
      'it leads',
      20_000,
      async () => at(await client.get(lease), 'spec', 'holderIdentity') === 'kaito-ts-reconciler-0',
    )
    for (const ref of [VALIDATING, MUTATING]) {
      const bundle = at(await client.get(ref), 'webhooks', 0, 'clientConfig', 'caBundle')
      expect(Buffer.from(String(bundle), 'base64').toString()).toContain('BEGIN CERTIFICATE')
    }
  })

  it('serves a model and tunes one, and lets go of both, without being refused anything', async () => {
    // Nothing leads from this API server to a Service; what the webhooks answer is tested elsewhere.
    for (const ref of [VALIDATING, MUTATING]) await client.delete(ref)
    await client.create({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'default', name: 'push' } })
    const node = await client.create(gpuNode('gpu-0'))
    await client.applyStatus(
      {
        ...node,
        metadata: { name: 'gpu-0' },
        status: {
          capacity: { 'nvidia.com/gpu': '1' },
          allocatable: { 'nvidia.com/gpu': '1' },
          conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', message: '' }],
        },
      },
      { manager: 'test' },
    )
    await client.create(tuning('ws'))
    const ref = { kind: 'Workspace' as const, namespace: 'default', name: 'ws' }
    await until('there is a Job', 30_000, async () => {
      const { items } = await client.list('Job', { namespace: 'default' })
      return items.length === 1
    }).catch(async (error) => {
      throw new Error(`${JSON.stringify(at(await client.get(ref), 'status'), null, 1)}\n${log().slice(-4000)}`, {
        cause: error,
      })
    })
    await until(
      'there is a status',
      10_000,
      async () => at(await client.get(ref), 'status', 'conditions') !== undefined,
    )
    await until('there is an event', 10_000, async () => (await client.list('Event')).items.length > 0)
    await client.create(serving('chat'))
    await until('there is a server', 20_000, async () => (await client.list('StatefulSet')).items.length === 1)
    const service = { kind: 'Service' as const, namespace: 'default', name: 'chat' }
    await until('there is a Service', 10_000, async () => (await client.get(service)) !== undefined)
    await client.delete({ ...ref, name: 'chat' })
    await client.delete(ref)
    await until('it is gone', 20_000, async () => (await client.get(ref)) === undefined)
    expect(
      log()
        .split('\n')
        .filter((text) => /forbidden|"code":403|status 403/i.test(text)),
    ).toEqual([])
  })
})
