import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, mintAuthority, mintCertificate } from '#examples/cluster/certificates.ts'
import { mustRun, runCommand } from '#examples/cluster/command.ts'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import { freePort } from '#examples/cluster/free-port.ts'
import { killDaemon } from '#examples/cluster/process.ts'
import { tempFolder } from '#examples/cluster/temp-folder.ts'
import type { K8sObject } from '#src/api/objects.ts'
import { shellBlocks, yamlFile } from '#test/support/doc-commands.ts'
import { type Connected, connect } from '../kube/harness.ts'
import { post } from '../webhooks/rig.ts'
import { release } from './helm.ts'
import { type Released, startReleased } from './released-operator.ts'
import { leadServiceHere } from './surroundings.ts'

const SECTION = 'Who may call the webhook'
const NAME = 'kube-apiserver-webhook-client'
/** Where the documentation puts the API server's files. */
const DOCUMENTED = '/etc/kubernetes/kaito'

/** The documentation, step by step, with the files at another place. */
describe('a webhook that answers only the API server', () => {
  const folder = tempFolder('callers')
  let port: number
  let plane: ControlPlane
  let admin: Connected
  let webhook: Released

  beforeAll(async () => {
    port = await freePort()
    mkdirSync(folder, { recursive: true })
    const [make = ''] = shellBlocks('docs/install.md', SECTION)
    await mustRun(['sh', '-ec', make], { cwd: folder })
    for (const name of ['kubeconfig.yaml', 'admission.yaml']) {
      const text = yamlFile('docs/install.md', `${DOCUMENTED}/${name}`).replaceAll(DOCUMENTED, folder)
      // The port of an installed Service is 443, which need not be said.
      writeFileSync(join(folder, name), text.replace('.svc\n', `.svc:${port}\n`))
    }
    plane = await startControlPlane({
      apiserverFlags: [`--admission-control-config-file=${join(folder, 'admission.yaml')}`],
    })
    admin = connect(plane.kubeconfig)
    await release('install', plane.kubeconfig, {
      settings: { nodeProvisioner: 'byo' },
      webhook: { port, clientAuth: { enabled: true, secretName: 'webhook-callers', allowedNames: [NAME] } },
    })
    webhook = await startReleased('webhook', { plane, client: admin.client, redisUrl: '', clientCa: folder })
    await leadServiceHere(admin, port)
  })
  afterAll(async () => {
    if (webhook !== undefined) await killDaemon(webhook)
    await admin?.credentials.close()
    await plane?.stop()
  })

  const log = () => readFileSync(webhook.logFile, 'utf8')

  /** Applies as a person would; every word of the answer. */
  async function create(name: string, spec: object): Promise<string> {
    const object: K8sObject = {
      apiVersion: 'kaito.sh/v1alpha1',
      kind: 'Workspace',
      metadata: { namespace: 'default', name },
      ...spec,
    }
    const { stdout, stderr } = await runCommand(
      [plane.kubectl, '--kubeconfig', plane.kubeconfig, 'create', '-f', '-'],
      { input: JSON.stringify(object) },
    )
    return stdout + stderr
  }

  it('admits and refuses as ever, and fills in defaults, for an API server with the certificate', async () => {
    await expect
      .poll(() => create('bad', { ...resource, inference: { preset: { name: 'no-such' } } }), PATIENT)
      .toMatch(/admission webhook .* denied the request|is invalid/)
    expect(await create('good', serving)).toContain('created')
    const stored = await admin.client.get({ kind: 'Workspace', namespace: 'default', name: 'good' })
    expect(stored).toMatchObject({ inference: { preset: { accessMode: 'public' } }, resource: { count: 1 } })
    expect(log()).not.toContain('"code":401')
  })

  it('tells others nothing', async () => {
    const strangers: Readonly<Record<string, Partial<Certificate>>> = {
      nobody: {},
      'another authority': await mintCertificate(await mintAuthority('kaito-ts webhook callers'), { commonName: NAME }),
      'another name': await openssl(folder, 'somebody-else'),
    }
    for (const [who, identity] of Object.entries(strangers)) {
      const agent = new Agent({ connect: { rejectUnauthorized: false, ...identity } })
      for (const path of ['/validate', '/mutate', '/readyz']) {
        const { code, text } = await post(agent, `https://127.0.0.1:${port}${path}`)
        expect([who, path, code, text]).toEqual([who, path, 401, ''])
      }
      await agent.close()
    }
  })

  it('has health and metrics at a port that needs no certificate', async () => {
    for (const path of ['livez', 'readyz', 'metrics']) expect((await fetch(`${webhook.url}/${path}`)).status).toBe(200)
  })

  it('refuses an API server with the wrong certificate, which says so to whoever creates a Workspace', async () => {
    const { cert, key } = await openssl(folder, 'somebody-else')
    writeFileSync(join(folder, 'client.crt'), cert)
    writeFileSync(join(folder, 'client.key'), key)
    await plane.restartApiserver()
    const said = await create('late', serving)
    expect(said).toContain('failed calling webhook "validation.workspace.kaito.sh"')
    expect(said).toContain('the server has asked for the client to provide credentials')
    expect(await admin.client.get({ kind: 'Workspace', namespace: 'default', name: 'late' })).toBeUndefined()
    expect(log()).toContain('the client certificate is of \\"somebody-else\\"')
    console.log(said)
  })
})

const PATIENT = { timeout: 30_000, interval: 250 }
const resource = {
  resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'ws' } } },
}
const serving = { ...resource, inference: { preset: { name: 'phi-3-mini-128k-instruct' } } }

/** A certificate of the authority in `folder`, made as the documentation makes one. */
async function openssl(folder: string, commonName: string): Promise<Certificate> {
  const [make = ''] = shellBlocks('docs/install.md', SECTION)
  const lines = make.split('\n').slice(1).join('\n').replaceAll('client.', 'other.').replace(NAME, commonName)
  await mustRun(['sh', '-ec', lines], { cwd: folder })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  return { cert: read('other.crt'), key: read('other.key') }
}
