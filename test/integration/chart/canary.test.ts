import { readFileSync } from 'node:fs'
import { Redis as RedisClient } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '#examples/cluster/command.ts'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import { freePort } from '#examples/cluster/free-port.ts'
import { killDaemon } from '#examples/cluster/process.ts'
import { type Redis, startRedis } from '#examples/cluster/redis.ts'
import type { K8sObject } from '#src/api/objects.ts'
import type { Kind } from '#src/kube/resource.ts'
import { type Connected, connect, until } from '../kube/harness.ts'
import { at, release } from './helm.ts'
import { type Released, startReleased } from './released-operator.ts'
import { leadServiceHere, makeNode } from './surroundings.ts'

/** A value of each Secret that exists nowhere else: wherever it turns up, it got there from the Secret. */
const CANARY = {
  push: 'canary-push-4c1f9e07b2',
  pull: 'canary-pull-88d3a1c65e',
  token: 'hf_canaryTokenF0e1d2c3b4',
  broken: 'canary-broken-5aa7bb0c19',
  bystander: 'canary-bystander-77ce20fd41',
} as const

const base64 = (text: string) => Buffer.from(text).toString('base64')
const login = (password: string) => ({ auth: base64(`robot:${password}`), username: 'robot', password })
const docker = (password: string) => JSON.stringify({ auths: { 'registry.example.com': login(password) } })

/** As it stands, in a login, and in a Secret. Base64 begins at any of three places in a word. */
const needles = Object.values(CANARY).flatMap((value) => [
  value,
  ...[0, 1, 2].map((lead) => base64(`${'x'.repeat(lead)}${value}`).slice(lead === 0 ? 0 : lead + 1, -4)),
])

const secret = (name: string, type: string, data: Readonly<Record<string, string>>): K8sObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'default', name },
  type,
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
})

const SECRETS: readonly K8sObject[] = [
  secret('push', 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': docker(CANARY.push) }),
  secret('pull', 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': docker(CANARY.pull) }),
  secret('hf', 'Opaque', { HF_TOKEN: CANARY.token }),
  // A parser that says where it failed says what stands there. The apiserver checks only the type that says docker.
  secret('broken', 'Opaque', { '.dockerconfigjson': `{"auths": ${CANARY.broken}` }),
  // Looks like a token's Secret by its use, and is somebody's password.
  secret('bystander', 'Opaque', { password: CANARY.bystander }),
]

const workspace = (name: string, spec: object): K8sObject => ({
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  metadata: { namespace: 'default', name },
  resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'ws' } } },
  ...spec,
})

const preset = (modelAccessSecret: string) => ({
  name: 'llama-3.1-8b-instruct',
  presetOptions: { modelAccessSecret },
})

const tuning = (imagePullSecret: string) => ({
  tuning: {
    preset: preset('hf'),
    method: 'qlora',
    input: { image: 'registry.example.com/data/set:1', imagePullSecrets: [imagePullSecret] },
    output: { image: 'registry.example.com/adapters/a:1', imagePushSecret: 'push' },
  },
})

const serving = (token: string) => ({
  inference: {
    preset: preset(token),
    adapters: [{ source: { name: 'a', image: 'registry.example.com/adapters/a:1', imagePullSecrets: ['pull'] } }],
  },
})

let plane: ControlPlane
let redis: Redis
let admin: Connected
let released: readonly Released[] = []
let spies: readonly RedisClient[] = []
const commands: string[] = []
/** What the API server told whoever applied something. */
const answers: string[] = []

beforeAll(async () => {
  ;[plane, redis] = await Promise.all([startControlPlane(), startRedis()])
  admin = connect(plane.kubeconfig)
  const spy = new RedisClient(redis.url)
  const monitor = await spy.monitor()
  spies = [spy, monitor]
  monitor.on('monitor', (_time: string, args: readonly string[]) => commands.push(args.join(' ')))
  const port = await freePort()
  await release('install', plane.kubeconfig, { settings: { nodeProvisioner: 'byo' }, webhook: { port } })
  const surroundings = { plane, client: admin.client, redisUrl: redis.url, logLevel: 'debug' } as const
  released = await Promise.all([startReleased('webhook', surroundings), startReleased('reconciler', surroundings)])
  await leadServiceHere(admin, port)
  for (const object of SECRETS) await admin.client.create(object)
  await makeNode(admin)
})

afterAll(async () => {
  for (const daemon of released) await killDaemon(daemon)
  for (const spy of spies) spy.disconnect()
  await admin?.credentials.close()
  await Promise.all([plane?.stop(), redis?.stop()])
})

/** Applies as a person would, and keeps every word of the answer, warnings included. */
async function apply(object: K8sObject): Promise<string> {
  const { stdout, stderr } = await runCommand([plane.kubectl, '--kubeconfig', plane.kubeconfig, 'create', '-f', '-'], {
    input: JSON.stringify(object),
  })
  answers.push(stdout, stderr)
  return stdout + stderr
}

const everything = async (kinds: readonly Kind[]) =>
  JSON.stringify(await Promise.all(kinds.map(async (kind) => (await admin.client.list(kind)).items)))

const found = (text: string) => needles.filter((needle) => text.includes(needle))

describe('what Secrets hold', () => {
  it('is used: a Job and a server are made of Workspaces that name them', async () => {
    expect(found(`${docker(CANARY.push)} ${base64(docker(CANARY.pull))} ${CANARY.token}`)).not.toEqual([])
    expect(await apply(workspace('tunes', tuning('pull')))).toContain('created')
    expect(await apply(workspace('serves', serving('hf')))).toContain('created')
    expect(await apply(workspace('wrong-token', serving('bystander')))).toContain('has no key HF_TOKEN')
    expect(await apply(workspace('wrong-pull', tuning('broken')))).toContain('Secret')
    const has = async (kind: Kind) => (await admin.client.list(kind, { namespace: 'default' })).items.length > 0
    await until('a Job and a server', 60_000, async () => (await has('Job')) && (await has('StatefulSet')))
    await until('events', 20_000, () => has('Event'))
    const status = async () =>
      at(await admin.client.get({ kind: 'Workspace', namespace: 'default', name: 'tunes' }), 'status', 'conditions')
    await until('a status', 20_000, async () => (await status()) !== undefined)
  })

  it('is in no object of ours, no event, no status, and nothing that an author is told', async () => {
    const objects = await everything(['Workspace', 'Job', 'StatefulSet', 'Service', 'Pod', 'ConfigMap', 'Event'])
    for (const name of ['push', 'pull', 'hf']) expect(objects).toContain(`"${name}"`)
    expect(found(objects)).toEqual([])
    expect(answers.join('')).toContain('HF_TOKEN')
    expect(found(answers.join(''))).toEqual([])
  })

  it('is in no log line, at the most talkative level', () => {
    for (const { logFile } of released) {
      const log = readFileSync(logFile, 'utf8')
      expect(log).toContain('"level"')
      expect(found(log)).toEqual([])
    }
  })

  it('is in no metric', async () => {
    for (const { url } of released) {
      const metrics = await (await fetch(`${url}/metrics`)).text()
      expect(metrics).toContain('kaito_')
      expect(found(metrics)).toEqual([])
    }
  })

  it('was in nothing that Redis was ever told', () => {
    const told = commands.join('\n')
    expect(told).toContain('tunes')
    expect(found(told)).toEqual([])
  })
})
