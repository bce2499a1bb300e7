import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KubeClient } from '#src/kube/client.ts'
import type { Credentials } from '#src/kube/credentials.ts'
import { clusterKeys } from '#test/cluster/cluster-keys.ts'
import { type ControlPlane, startControlPlane } from '#test/cluster/control-plane.ts'
import { freePort } from '#test/cluster/free-port.ts'
import { writeKubeconfig } from '#test/cluster/kubeconfig.ts'
import { type Redis, startRedis } from '#test/cluster/redis.ts'
import { MUTATING, VALIDATING } from '#webhooks/registration.ts'
import { connect, until } from '../kube/harness.ts'
import { at, chartDir, helm, NAMESPACE } from './helm.ts'

const root = join(chartDir, '../..')

let plane: ControlPlane
let redis: Redis
let client: KubeClient
let credentials: Credentials
let operator: ChildProcess
let healthPort: number
let output = ''

beforeAll(async () => {
  ;[plane, redis] = await Promise.all([startControlPlane(), startRedis()])
  ;({ client, credentials } = connect(plane.kubeconfig))
  healthPort = await freePort()
  const values = { settings: { nodeProvisioner: 'byo' }, webhook: { port: await freePort() } }
  const target = ['--namespace', NAMESPACE, '--create-namespace', '--kubeconfig', plane.kubeconfig]
  const { code, stderr } = await helm(['install', 'kaito', chartDir, ...target], values)
  expect([code, stderr]).toEqual([0, expect.any(String)])
  operator = await startOperator()
  await until('the operator is ready', 30_000, async () => {
    if (operator.exitCode !== null) throw new Error(output)
    return fetch(`http://127.0.0.1:${healthPort}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  })
})

afterAll(async () => {
  operator?.kill('SIGKILL')
  await credentials?.close()
  await Promise.all([plane?.stop(), redis?.stop()])
})

/** The operator with the settings that the chart wrote and the rights that the chart gave: as its ServiceAccount, no more. */
async function startOperator(): Promise<ChildProcess> {
  const settings = join(plane.dir, 'settings.yaml')
  const stored = await client.get({ kind: 'ConfigMap', namespace: NAMESPACE, name: 'kaito-ts-settings' })
  writeFileSync(settings, String(at(stored, 'data', 'settings.yaml')))
  const keys = await clusterKeys(join(plane.dir, 'pki'), ['127.0.0.1'], '10.96.0.1')
  const account = await keys.client('operator', `system:serviceaccount:${NAMESPACE}:kaito-ts`)
  const kubeconfig = writeKubeconfig(join(plane.dir, 'operator.kubeconfig'), plane.url, plane.ca, account)
  const child = spawn(process.execPath, ['src/main.ts', 'operator', '--settings', settings], {
    cwd: root,
    env: {
      ...process.env,
      POD_NAME: 'kaito-ts-0',
      POD_NAMESPACE: NAMESPACE,
      KAITO_KUBECONFIG: kubeconfig,
      KAITO_REDIS_URL: redis.url,
      KAITO_HEALTH_PORT: String(healthPort),
      KAITO_LOG_LEVEL: 'debug',
    },
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return child
}

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
    await until('it leads', 20_000, async () => at(await client.get(lease), 'spec', 'holderIdentity') === 'kaito-ts-0')
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
      throw new Error(`${JSON.stringify(at(await client.get(ref), 'status'), null, 1)}\n${output.slice(-4000)}`, {
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
    expect(output.split('\n').filter((text) => /forbidden|"code":403|status 403/i.test(text))).toEqual([])
  })
})
