import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CertKeeper, type KeeperOptions } from '#certs/keeper.ts'
import { firstCertificate } from '#certs/source.ts'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import { invalid } from '#src/lib/field-error.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { ApiClient, certPorts } from '#test/integration/certs/api-client.ts'
import { deafToCerts } from '#test/support/deaf-observers.ts'
import type { Admission, AdmissionRequest } from '#webhooks/admission.ts'
import type { AdmissionEntry } from '#webhooks/observer.ts'
import { MUTATING, mutatingConfiguration, VALIDATING, validatingConfiguration } from '#webhooks/registration.ts'
import type { WebhookServer } from '#webhooks/server.ts'
import { mint, names, serve } from './rig.ts'
import { workspaceCrd } from './workspace-crd.ts'

const WORKSPACES = '/apis/kaito.sh/v1alpha1/namespaces/default/workspaces'
const YEAR = 365 * 86_400_000
const COMPLETE = { resource: { count: 1, instanceType: 'Standard_NC24ads_A100_v4', labelSelector: {} } }

const workspace = (name: string, rest: object = COMPLETE) => ({
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  metadata: { name },
  ...rest,
})

/** Refuses a count above 9, trips over a count of 7, and defaults the count to 1. */
const admission: Admission = {
  validate: async (request) => {
    const count = countOf(request)
    if (count === 7) throw new Error('a bug')
    const error = { ...invalid('resource.count', count, 'too many', { fix: 'write 1' }), origin: 'resource.count' }
    return { errors: Number(count) > 9 ? [error] : [], warnings: ['looked at'] }
  },
  default: async ({ object }) => {
    const { resource, ...rest } = object as { resource?: object }
    return { ...rest, resource: { count: 1, ...resource } }
  },
}

const countOf = ({ object }: AdmissionRequest) => (object as { resource?: { count?: unknown } }).resource?.count

describe('admission through a real API server', () => {
  const entries: AdmissionEntry[] = []
  const asked = (name: string) => entries.filter((entry) => entry.name === name).map((entry) => entry.webhook)
  const problems: unknown[] = []
  let keeperOptions: KeeperOptions
  let plane: ControlPlane
  let api: ApiClient
  let keeper: CertKeeper
  let server: WebhookServer

  beforeAll(async () => {
    plane = await startControlPlane()
    api = new ApiClient(plane)
    await api.must('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', workspaceCrd)
    keeperOptions = {
      ports: certPorts(api),
      secret: { namespace: 'default', name: 'webhook-cert' },
      names,
      webhooks: [VALIDATING, MUTATING],
      // An authority grows old within a second; its leaf lives as long as it does, so nothing else is ever renewed.
      policy: { authorityMs: YEAR, leafMs: YEAR, renewAt: 1_000 / YEAR, settleMs: 800, graceMs: 600 },
      leads: () => true,
      observer: { ...deafToCerts, failed: (error) => problems.push(error) },
      clock: systemClock,
      now: () => new Date(),
      random: Math.random,
      pollMs: 50,
    }
    keeper = new CertKeeper(keeperOptions)
    await keeper.pass()
    const certificate = await firstCertificate(keeper, AbortSignal.timeout(1_000))
    const started = await serve(mint(), {
      certificate,
      admission,
      observer: { answered: (entry) => entries.push(entry), refused: () => {}, failed: () => {} },
    })
    server = started.server
    keeper.onChange((renewed) => server.use(renewed))
    const options = { target: { url: started.url }, operatorNamespace: 'kaito' }
    await api.must(
      'POST',
      '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
      validatingConfiguration(options),
    )
    await api.must(
      'POST',
      '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
      mutatingConfiguration(options),
    )
    await keeper.pass()
    await untilAsked()
  }, 600_000)

  /** The API server hears of a configuration a moment after it has been written. */
  async function untilAsked() {
    for (let attempt = 0; attempt < 200; attempt++) {
      const { code } = await api.call(
        'POST',
        `${WORKSPACES}?dryRun=All`,
        workspace('probe', { resource: { count: 10 } }),
      )
      if (code === 422) return
      await sleep(50)
    }
    throw new Error('the webhooks are not asked')
  }

  afterAll(async () => {
    await api?.close()
    await plane?.stop()
    await server?.drain()
  })

  it('keeps the field values of a configuration but for caBundle', async () => {
    const stored = await api.must(
      'GET',
      `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${VALIDATING.name}`,
    )
    const [webhook] = stored.webhooks
    expect(webhook.clientConfig.caBundle.length).toBeGreaterThan(500)
    const { clientConfig, ...rest } = webhook
    const [{ clientConfig: wanted, ...expected }] = validatingConfiguration({
      target: { url: clientConfig.url.replace('/validate', '') },
      operatorNamespace: 'kaito',
    }).webhooks as [ReturnType<typeof validatingConfiguration>['webhooks'][number]]
    expect(rest).toEqual(expected)
    expect(clientConfig).toMatchObject(wanted)
  })

  it('refuses with a status that carries the causes, and warns', async () => {
    const { code, json, warnings } = await api.call(
      'POST',
      WORKSPACES,
      workspace('many', { resource: { ...COMPLETE.resource, count: 10 } }),
    )
    expect(code).toBe(422)
    expect(json.message).toContain('resource.count: 10: too many; write 1 [resource.count]')
    expect(json.details.causes).toEqual([
      {
        reason: 'FieldValueInvalid',
        field: 'resource.count',
        message: '10: too many; write 1 [resource.count]',
      },
    ])
    expect(String(warnings)).toContain('looked at')
  })

  it('fills in defaults, and only asks where something is missing', async () => {
    const { json } = await api.call('POST', WORKSPACES, workspace('incomplete', { resource: { labelSelector: {} } }))
    expect(json.resource).toEqual({ labelSelector: {}, count: 1 })
    await api.must('POST', WORKSPACES, workspace('complete'))
    expect(asked('incomplete')).toContain('mutate')
    expect(asked('complete')).toEqual(['validate'])
  })

  it.each([
    ['resource', {}],
    ['resource.count', { resource: { instanceType: 'Standard_NC24ads_A100_v4' } }],
    ['resource.instanceType', { resource: { count: 1 } }],
    ['a respelled instance type', { resource: { count: 1, instanceType: 'standard_nc24ads_a100_v4' } }],
    ['an access mode', { ...COMPLETE, inference: { preset: { name: 'phi-3' } } }],
    [
      'a strength',
      { ...COMPLETE, inference: { adapters: [{ source: { name: 'a' }, strength: '1.0' }, { source: { name: 'b' } }] } },
    ],
    ['a method', { ...COMPLETE, tuning: { config: 'mine' } }],
    ['a respelled tuning method', { ...COMPLETE, tuning: { method: 'QLoRA' } }],
  ])('asks the defaulting webhook for %s', async (_what, rest) => {
    const name = `w-${randomUUID()}`
    await api.call('POST', `${WORKSPACES}?dryRun=All`, workspace(name, rest))
    expect(asked(name)).toContain('mutate')
  })

  it.each([
    'Standard_NC24ads_A100_v4',
    'Standard_ND96isr_MI300X_v5',
    'Standard_NC6s_v3',
    'p4d.24xlarge',
    'g5g.16xlarge',
  ])('does not ask the defaulting webhook about %s in a complete Workspace', async (instanceType) => {
    const name = `w-${randomUUID()}`
    const inference = { preset: { name: 'phi-3', accessMode: 'public' }, adapters: [{ strength: '0.5' }] }
    await api.must(
      'POST',
      `${WORKSPACES}?dryRun=All`,
      workspace(name, { resource: { count: 1, instanceType }, inference }),
    )
    expect(asked(name)).toEqual(['validate'])
    expect(entries.find((entry) => entry.name === name)?.dryRun).toBe(true)
  })

  it('shows the id of a bug to the user, and lets an administrator open the gate', async () => {
    const seven = { resource: { ...COMPLETE.resource, count: 7 } }
    const { code, json } = await api.call('POST', WORKSPACES, workspace('seven', seven))
    expect([code, json.reason]).toEqual([500, 'InternalError'])
    expect(json.message).toMatch(/could not be checked; this is not about your object: look for [0-9a-f-]{36}/)
  })

  it('is not asked about deletion, status, nor an object on its way out', async () => {
    await api.must('POST', WORKSPACES, {
      ...workspace('leaving'),
      metadata: { name: 'leaving', finalizers: ['a.b/c'] },
    })
    const before = asked('leaving').length
    const live = await api.must('GET', `${WORKSPACES}/leaving`)
    await api.must('PUT', `${WORKSPACES}/leaving/status`, { ...live, status: { state: 'x' } })
    await api.must('DELETE', `${WORKSPACES}/leaving`)
    await api.must(
      'PATCH',
      `${WORKSPACES}/leaving`,
      { metadata: { finalizers: null }, resource: { count: 99 } },
      'application/merge-patch+json',
    )
    expect(asked('leaving').length).toBe(before)
    expect((await api.call('GET', `${WORKSPACES}/leaving`)).code).toBe(404)
  })

  it('is not asked in the namespaces of the system', async () => {
    const path = WORKSPACES.replace('default', 'kube-system')
    expect((await api.call('POST', `${path}?dryRun=All`, workspace('free', { resource: { count: 10 } }))).code).toBe(
      201,
    )
  })

  it('never fails while two replicas replace the authority again and again', async () => {
    const failures: string[] = []
    let created = 0
    const stop = new AbortController()
    const rival = new CertKeeper(keeperOptions)
    const running = [keeper.run(stop.signal), rival.run(stop.signal)]
    const leaves = new Set<string>()
    const unsubscribe = keeper.onChange((certificate) => leaves.add(certificate.certificate))
    const workers = Array.from({ length: 4 }, async (_, worker) => {
      for (let index = 0; !stop.signal.aborted; index++) {
        // Without a count, so that both webhooks are asked.
        const { code, text } = await api.call(
          'POST',
          WORKSPACES,
          workspace(`stream-${worker}-${index}`, { resource: {} }),
        )
        if (code === 201 && text.includes('"count":1')) created++
        else failures.push(`${code} ${text}`)
        // Leaves the watches that bring the API server the new trust a processor to run on.
        await sleep(5)
      }
    })
    const until = Date.now() + 90_000
    while (leaves.size < 10 && failures.length === 0 && Date.now() < until) await sleep(100)
    stop.abort()
    await Promise.all([...workers, ...running])
    unsubscribe()
    console.log(`${leaves.size} authorities replaced during ${created} creations, ${failures.length} failed`)
    expect(failures).toEqual([])
    expect(leaves.size).toBeGreaterThanOrEqual(10)
    expect(created).toBeGreaterThan(100)
    expect(problems).toEqual([])
  }, 120_000)
})
