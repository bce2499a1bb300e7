import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mintAuthority } from '#examples/cluster/certificates.ts'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import { freePort } from '#examples/cluster/free-port.ts'
import { type Kubectl, kubectlFor } from '#examples/cluster/node/kubectl.ts'
import { type Daemon, killDaemon, lastLines } from '#examples/cluster/process.ts'
import { type Redis, startRedis } from '#examples/cluster/redis.ts'
import type { KubeClient } from '#src/kube/client.ts'
import type { Credentials } from '#src/kube/credentials.ts'
import { eventually } from '#test/support/eventually.ts'
import { MUTATING, VALIDATING } from '#webhooks/registration.ts'
import { ApiClient } from '../certs/api-client.ts'
import { connect } from '../kube/harness.ts'
import { type MountedSecret, mountSecret } from './cert-manager-mount.ts'
import { type CertManager, startCertManager } from './cert-manager-rig.ts'
import { type Calls, duringTraffic } from './cert-manager-traffic.ts'
import { at, NAMESPACE, one, release as releaseBy, render } from './helm.ts'
import { startReleased } from './released-operator.ts'

const SECRET = { namespace: NAMESPACE, name: 'kaito-ts-webhook-tls' }
const WORKSPACES = '/apis/kaito.sh/v1alpha1/namespaces/default/workspaces'

let plane: ControlPlane
let redis: Redis
let api: ApiClient
let kubectl: Kubectl
let client: KubeClient
let credentials: Credentials
let certManager: CertManager
let mount: MountedSecret
let operator: Daemon
let webhookPort: number

const release = (action: 'install' | 'upgrade', more: object) =>
  releaseBy(action, plane.kubeconfig, { settings: { nodeProvisioner: 'byo' }, webhook: { port: webhookPort }, ...more })

beforeAll(async () => {
  ;[plane, redis] = await Promise.all([startControlPlane(), startRedis()])
  ;({ client, credentials } = connect(plane.kubeconfig))
  api = new ApiClient(plane)
  kubectl = kubectlFor(plane.kubectl, plane.kubeconfig)
  webhookPort = await freePort()
  certManager = await startCertManager(plane)
  await release('install', {})
  await startOperator()
})

afterAll(async () => {
  await mount?.stop()
  if (operator !== undefined) await killDaemon(operator)
  await certManager?.stop()
  await api?.close()
  await credentials?.close()
  await Promise.all([plane?.stop(), redis?.stop()])
})

const certs = () => join(plane.dir, 'certs')

async function startOperator(): Promise<void> {
  operator = await startReleased('webhook', { plane, client, redisUrl: redis.url, certs: certs() })
}

/** As kube-proxy would, but by name: the API server follows an ExternalName, to the port that the webhook names. */
async function leadServiceHere(): Promise<void> {
  const spec = { type: 'ExternalName', externalName: 'localhost', clusterIP: null, clusterIPs: null }
  await kubectl.run('patch', 'service', 'kaito-ts', `--namespace=${NAMESPACE}`, `--patch=${JSON.stringify({ spec })}`)
  const port = [{ op: 'replace', path: '/webhooks/0/clientConfig/service/port', value: webhookPort }]
  for (const { kind, name } of [VALIDATING, MUTATING])
    await kubectl.run('patch', kind, name, '--type=json', `--patch=${JSON.stringify(port)}`)
}

const workspace = (name: string, preset = 'phi-3-mini-128k-instruct') => ({
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  metadata: { name },
  resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'ws' } } },
  inference: { preset: { name: preset } },
})

const encoded = (text: string) => Buffer.from(text).toString('base64')
const serialOf = (certificate: string) => new X509Certificate(certificate).serialNumber
const decoded = (value: unknown) => Buffer.from(String(value ?? ''), 'base64').toString()

/** The authority that the API server is told to trust, PEM; empty where nothing is injected. */
const trusted = async ({ kind, name }: typeof VALIDATING | typeof MUTATING) =>
  decoded(at(await client.get({ kind, name }), 'webhooks', 0, 'clientConfig', 'caBundle'))

/** Waits until both configurations trust that authority. */
async function injected(authority: string): Promise<void> {
  for (const ref of [VALIDATING, MUTATING])
    await orLog(
      eventually(`${ref.kind} has the authority`, async () => (await trusted(ref)).includes(authority.trim())),
    )
}

/** With the log of cert-manager, where something that it should do was not done. */
const orLog = <T>(work: Promise<T>): Promise<T> =>
  work.catch((cause: unknown) => {
    throw new Error(certManager.log(), { cause })
  })

const stored = async (file: 'tls.crt' | 'ca.crt', name = SECRET.name) =>
  decoded(at(await client.get({ kind: 'Secret', namespace: NAMESPACE, name }), 'data', file))

/** The serial number of what a new connection is shown. Rejects where it is not signed by `ca` for the Service's name. */
const served = (ca: string) =>
  new Promise<string>((resolve, reject) => {
    const servername = `kaito-ts.${NAMESPACE}.svc`
    const socket = tlsConnect({ host: '127.0.0.1', port: webhookPort, ca, servername }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? '')
      socket.destroy()
    })
    socket.on('error', reject)
  })

/** As `cmctl renew` asks for it. Resolves once another certificate is in the Secret. */
async function renew(certificate: string, secret: string): Promise<void> {
  const before = await stored('tls.crt', secret)
  const now = new Date().toISOString()
  const condition = {
    type: 'Issuing',
    status: 'True',
    reason: 'ManuallyTriggered',
    message: '',
    lastTransitionTime: now,
  }
  const patch = JSON.stringify([{ op: 'add', path: '/status/conditions/-', value: condition }])
  const target = ['certificates.cert-manager.io', certificate, `--namespace=${NAMESPACE}`]
  await kubectl.run('patch', ...target, '--subresource=status', '--type=json', `--patch=${patch}`)
  await changed(before, secret)
}

const changed = (before: string, secret: string) =>
  orLog(
    eventually(`another certificate in ${secret}`, async () => {
      const now = await stored('tls.crt', secret)
      return now !== '' && now !== before
    }),
  )

const calls: Calls = {
  admit: async (name) => {
    const { code, text } = await api.call('POST', `${WORKSPACES}?dryRun=All`, workspace(name))
    // The defaulting webhook is one that the API server goes on without: its answer must be seen.
    if (code !== 201 || !text.includes('"count":1')) throw new Error(`${code} ${text}`)
  },
  handshake: async () => {
    await served(await trusted(VALIDATING))
  },
}

describe('a release whose certificates cert-manager keeps', () => {
  it('takes over from an operator that kept its own, which stay trusted until it is replaced', async () => {
    const own = await trusted(VALIDATING)
    await served(own)
    await release('upgrade', { certManager: { enabled: true } })
    mount = await orLog(mountSecret(client, SECRET, certs()))
    const authority = await stored('ca.crt')
    expect(new X509Certificate(authority).ca).toBe(true)
    await injected(authority)
    await release('upgrade', { certManager: { enabled: true }, replicas: 3 })
    for (const ref of [VALIDATING, MUTATING])
      for (const one of [own, authority]) expect(await trusted(ref)).toContain(one.trim())
    await served(await trusted(VALIDATING))

    await killDaemon(operator)
    await startOperator()
    expect(await served(authority)).toBe(serialOf(await stored('tls.crt')))
    await leadServiceHere()
  }, 120_000)

  it('admits a Workspace, completes it, and refuses a wrong one', async () => {
    const good = await api.call('POST', WORKSPACES, workspace('good'))
    expect([good.code, at(good.json, 'resource', 'count')]).toEqual([201, 1])
    const bad = await api.call('POST', WORKSPACES, workspace('bad', 'phi-33-mini'))
    expect([bad.code, bad.json.message]).toEqual([422, expect.stringContaining('inference.preset.name')])
  })

  it('serves renewed certificates of a renewed authority without a restart or a failed admission', async () => {
    const { admissions, handshakes } = await duringTraffic(calls, async (goesOn) => {
      const [first, authority] = [await stored('tls.crt'), await stored('ca.crt')]
      await kubectl.run('delete', 'secret', SECRET.name, `--namespace=${NAMESPACE}`)
      await changed(first, SECRET.name)
      const next = await renewBoth()
      expect(next).not.toBe(authority)
      const last = serialOf(await stored('tls.crt'))
      // The operator looks at its files every 30 s.
      await eventually('the renewed certificate is served', async () => (await served(next)) === last, 50_000)
      await goesOn()
    })
    console.log(`${admissions} admissions and ${handshakes} handshakes during 3 renewals, none failed`)
    expect(lastLines(operator.logFile, 1000).match(/serving certificate/g)?.length).toBeGreaterThan(2)
  }, 120_000)

  it('changes to another issuer without a failed admission', async () => {
    const { cert, key } = await mintAuthority('company')
    const data = { 'tls.crt': encoded(cert), 'tls.key': encoded(key) }
    const secret = { kind: 'Secret', metadata: { namespace: 'cert-manager', name: 'company' } }
    await client.create({ ...secret, apiVersion: 'v1', type: 'kubernetes.io/tls', data })
    const issuer = { kind: 'ClusterIssuer', metadata: { name: 'company' }, spec: { ca: { secretName: 'company' } } }
    await kubectl.apply({ ...issuer, apiVersion: 'cert-manager.io/v1' })
    // A kubelet that takes its time: from now on, the operator serves what it has.
    await mount.stop()
    await duringTraffic(calls, async (goesOn) => {
      await issueBy({ kind: 'ClusterIssuer', name: 'company' })
      expect(serialOf(await stored('ca.crt'))).toBe(serialOf(cert))
      await goesOn()
      await issueBy({})
      await goesOn()
    })
  })

  it('fails no admission either while only the next authority is trusted and the old certificate still served', async () => {
    await certManager.replaceInjector()
    await duringTraffic(calls, async (goesOn) => {
      const next = await renewBoth()
      await eventually('nothing else is trusted', async () => (await trusted(VALIDATING)) === next)
      await goesOn()
      expect(await served(next)).not.toBe(serialOf(await stored('tls.crt')))
    })
  }, 120_000)
})

/** What an upgrade with another certManager.issuerRef changes. Resolves once the authority of the issuer is trusted. */
async function issueBy(issuerRef: object): Promise<void> {
  const before = await stored('tls.crt')
  await kubectl.apply(
    one(await render({ certManager: { enabled: true, issuerRef } }), 'Certificate', 'kaito-ts-webhook'),
  )
  await changed(before, SECRET.name)
  await injected(await stored('ca.crt'))
}

/** A next authority, and a next certificate of it. Resolves with the authority once it is trusted. */
async function renewBoth(): Promise<string> {
  await renew('kaito-ts-webhook-authority', 'kaito-ts-webhook-authority')
  await renew('kaito-ts-webhook', SECRET.name)
  const next = await stored('ca.crt')
  await injected(next)
  return next
}
