import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import type { K8sObject } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { karpenterCrd } from '#test/support/karpenter-judge.ts'
import { claimsOf } from '#test/support/karpenter-worlds.ts'
import { MUTATING, VALIDATING } from '#webhooks/registration.ts'
import { connect, until } from '../kube/harness.ts'
import { all, at, NAMESPACE, one, release, render } from './helm.ts'
import {
  clusterAdmin,
  connectAs,
  event,
  job,
  lease,
  ownedBy,
  secret,
  service,
  statefulSet,
  volumeClaim,
} from './own-writes.ts'

type Connected = Awaited<ReturnType<typeof connectAs>>

const POLICY = 'ValidatingAdmissionPolicy'
const RECONCILER = 'kaito-ts'
const WEBHOOK = 'kaito-ts-webhook'
const BINDING = `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings`

let plane: ControlPlane
let admin: Connected
let reconciler: Connected
let webhook: Connected

/** Whoever has the accounts, with every right there is: what is refused then is refused by the policy alone. */
beforeAll(async () => {
  plane = await startControlPlane()
  admin = connect(plane.kubeconfig)
  reconciler = await connectAs(plane, RECONCILER)
  webhook = await connectAs(plane, WEBHOOK)
  await release('install', plane.kubeconfig, { settings: { nodeProvisioner: 'byo' } })
  for (const account of [RECONCILER, WEBHOOK])
    await admin.http.text({ method: 'POST', path: BINDING, body: clusterAdmin(account) })
  for (const { name } of [VALIDATING, MUTATING]) await relax(name)
  await admin.client.create(workspace('owner'))
  await admin.client.create(await karpenterCrd())
  await until('NodeClaims are served', 20_000, () =>
    admin.client.list('NodeClaim').then(
      () => true,
      () => false,
    ),
  )
  await until('the policy is in force', 30_000, async () =>
    (await outcome(job('default', 'probe'))).includes('Workspace'),
  )
})

afterAll(async () => {
  await reconciler?.credentials.close()
  await webhook?.credentials.close()
  await admin?.credentials.close()
  await plane?.stop()
})

const webhooksPath = (name: string) =>
  `/apis/admissionregistration.k8s.io/v1/${name.startsWith('v') ? 'validating' : 'mutating'}webhookconfigurations/${name}`

const change = (who: Connected, path: string, body: unknown, contentType = 'application/merge-patch+json') =>
  who.http.text({ method: 'PATCH', path, body, contentType }).then(
    () => 'written',
    (error: unknown) => String(error),
  )

/** So that our own writes are not answered for by an operator that is not there. */
const relax = (name: string) =>
  change(
    admin,
    webhooksPath(name),
    { webhooks: [{ name, failurePolicy: 'Ignore', timeoutSeconds: 1 }] },
    'application/strategic-merge-patch+json',
  )

const owner: Workspace = {
  metadata: { namespace: 'default', name: 'owner', uid: 'b0a7f4d6-4ae5-4b0e-9a33-0d6a6a1d5a01' },
  resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'ws' } } },
  inference: { preset: { name: 'phi-3-mini-128k-instruct' } },
}

const workspace = (name: string): K8sObject => ({
  apiVersion: 'kaito.sh/v1alpha1',
  kind: 'Workspace',
  metadata: { namespace: 'default', name, labels: { team: 'a' } },
  resource: { instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'ws' } } },
  inference: { preset: { name: 'phi-3-mini-128k-instruct' } },
})

/** What comes of a creation: `written`, or the refusal. Secrets are the webhook's to write, the rest the reconciler's. */
const outcome = (object: K8sObject, who: Connected = object.kind === 'Secret' ? webhook : reconciler) =>
  who.client.create(object).then(
    () => 'written',
    (error: unknown) => String(error),
  )

const removal = (ref: Parameters<Connected['client']['delete']>[0], who = reconciler) =>
  who.client.delete(ref).then(
    () => 'written',
    (error: unknown) => String(error),
  )

const mine = ownedBy('owner')

describe('the admission policy of the chart, against accounts that may do everything', () => {
  it.each([
    ['a Job that a Workspace controls', job('default', 'j-mine', mine)],
    ['a StatefulSet that a Workspace controls', statefulSet('default', 's-mine', mine)],
    ['a Service that a Workspace controls', service('default', 'v-mine', mine)],
    ['a volume that a Workspace controls', volumeClaim('default', 'c-mine', mine)],
    ['an event of its own', event('kaito.sh/workspace-controller', 'Workspace')],
    ['the Lease of its leader', lease(NAMESPACE, 'kaito-ts')],
    [
      'the Secret with its certificate',
      secret('kaito-ts-webhook-cert', { type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': '' } }),
    ],
  ])('lets it create %s', async (_, object) => {
    expect(await outcome(object)).toBe('written')
  })

  it.each([
    ['a Job of nobody', job('default', 'j-1'), 'only what a Workspace controls'],
    ['a Job in kube-system', job('kube-system', 'j-2', mine), 'starts nothing in kube-system'],
    ['a Job beside itself', job(NAMESPACE, 'j-3', mine), `starts nothing in ${NAMESPACE}`],
    [
      'a server as another account',
      statefulSet('default', 's-1', mine, { serviceAccountName: 'admin' }),
      'account admin',
    ],
    ['one by its old name', statefulSet('default', 's-0', mine, { serviceAccount: 'admin' }), 'account admin'],
    ['a StatefulSet of nobody', statefulSet('default', 's-2'), 'only what a Workspace controls'],
    ['a Service of nobody', service('default', 'v-1'), 'only what a Workspace controls'],
    ['a volume of nobody', volumeClaim('default', 'c-1'), 'only what a Workspace controls'],
    [
      'a volume with what is in another',
      volumeClaim('default', 'c-2', mine, { dataSource: { kind: 'PersistentVolumeClaim', name: 'theirs' } }),
      'no volume from what is there',
    ],
    [
      'a volume that is there',
      volumeClaim('default', 'c-3', mine, { volumeName: 'theirs' }),
      'no volume from what is there',
    ],
    [
      'a Service for an address of another',
      service('default', 'v-2', mine, { externalIPs: ['192.0.2.1'] }),
      'external addresses',
    ],
    [
      'a Service that leads elsewhere',
      service('default', 'v-3', mine, { type: 'ExternalName', externalName: 'evil.example.com' }),
      'external addresses',
    ],
    [
      'a pod, even of a Workspace',
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: 'default', name: 'p', ...mine },
        spec: { containers: [{ name: 'c', image: 'c' }] },
      },
      'never writes /pods',
    ],
    [
      'a ConfigMap',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'c', ...mine } },
      'never writes /configmaps',
    ],
    ['a namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } }, 'never writes /namespaces'],
    ['a Workspace', workspace('another'), 'finalizers and status only'],
    [
      'a Secret that the cluster fills with a token',
      secret('kaito-ts-webhook-cert', {
        type: 'kubernetes.io/service-account-token',
        metadata: {
          namespace: NAMESPACE,
          name: 'kaito-ts-webhook-cert',
          annotations: { 'kubernetes.io/service-account.name': 'kaito-ts' },
        },
      }),
      'certificate of its webhooks',
    ],
    ['another Secret', secret('other'), 'certificate of its webhooks'],
    [
      'a Secret elsewhere',
      { ...secret('x'), metadata: { namespace: 'default', name: 'kaito-ts-webhook-cert' } },
      'certificate of its webhooks',
    ],
    ['another Lease', lease(NAMESPACE, 'kube-scheduler'), 'Lease of its leader'],
    ['a Lease elsewhere', lease('kube-system', 'kaito-ts'), 'Lease of its leader'],
    ['an event in the name of another', event('kubelet', 'Workspace'), 'its own events'],
    ['an event about a pod', event('kaito.sh/workspace-controller', 'Pod'), 'its own events'],
  ] satisfies [string, K8sObject, string][])('refuses %s', async (_, object, why) => {
    const told = await outcome(object)
    expect(told).toContain(why)
    expect(told).toContain('kaito-ts-own-objects')
  })

  it('refuses to make or delete the roles and policies that hold it', async () => {
    const role = { ...clusterAdmin('default'), metadata: { name: 'more' } }
    const made = await reconciler.http.text({ method: 'POST', path: BINDING, body: role }).then(
      () => 'written',
      (error: unknown) => String(error),
    )
    expect(made).toContain('never writes rbac.authorization.k8s.io/clusterrolebindings')
  })

  it('lets nothing be taken over, given away or deleted that no Workspace controls', async () => {
    await admin.client.create(service('default', 'payments'))
    await admin.client.create(job('default', 'nightly'))
    const path = '/api/v1/namespaces/default/services'
    expect(await change(reconciler, `${path}/payments`, { metadata: mine })).toContain('only what a Workspace controls')
    expect(await change(reconciler, `${path}/v-mine`, { metadata: { ownerReferences: null } })).toContain(
      'never changes the owner',
    )
    const other = ownedBy('other', 'c0a7f4d6-4ae5-4b0e-9a33-0d6a6a1d5a02')
    expect(await change(reconciler, `${path}/v-mine`, { metadata: other })).toContain('never changes the owner')
    expect(await change(reconciler, `${path}/v-mine`, { spec: { selector: { app: 'b' } } })).toBe('written')
    expect(await removal({ kind: 'Job', namespace: 'default', name: 'nightly' })).toContain(
      'only what a Workspace controls',
    )
    expect(await removal({ kind: 'Job', namespace: 'default', name: 'j-mine' })).toBe('written')
  })

  it('lets finalizers and status of a Workspace be written, and nothing else of it', async () => {
    const path = '/apis/kaito.sh/v1alpha1/namespaces/default/workspaces/owner'
    expect(await change(reconciler, path, { metadata: { finalizers: ['workspace.finalizer.kaito.sh'] } })).toBe(
      'written',
    )
    expect(await change(reconciler, `${path}/status`, { status: { observedGeneration: 1 } })).toBe('written')
    expect(await change(reconciler, path, { metadata: { finalizers: null } })).toBe('written')
    const why = 'finalizers and status only'
    expect(await change(reconciler, path, { resource: { count: 2 } })).toContain(why)
    expect(await change(reconciler, path, { inference: { adapters: [] } })).toContain(why)
    expect(await change(reconciler, path, { metadata: { labels: { team: 'b' } } })).toContain(why)
    expect(await change(reconciler, path, { metadata: { annotations: { a: 'b' } } })).toContain(why)
    expect(await removal({ kind: 'Workspace', namespace: 'default', name: 'owner' })).toContain(why)
  })

  it('lets NodeClaims of Workspaces be made and given back, and leaves those of others alone', async () => {
    const [claim, ...more] = claimsOf(owner, DEFAULT_SETTINGS)
    if (claim === undefined) throw new Error('no NodeClaim is wanted')
    expect([await outcome({ ...claim }), more]).toEqual(['written', []])
    const others = { ...claim, metadata: { name: 'of-a-pool', labels: { 'karpenter.sh/nodepool': 'default' } } }
    expect(await outcome(others)).toContain('NodeClaims that it made')
    expect(await outcome(others, admin)).toBe('written')
    expect(await removal({ kind: 'NodeClaim', name: 'of-a-pool' })).toContain('NodeClaims that it made')
    expect(await removal({ kind: 'NodeClaim', name: claim.metadata.name })).toBe('written')
  })

  it('lets the authority of its webhooks be written, and not what or where they are asked', async () => {
    const strategic = 'application/strategic-merge-patch+json'
    const { name } = VALIDATING
    const patch = (part: object) => change(webhook, webhooksPath(name), { webhooks: [{ name, ...part }] }, strategic)
    expect(await patch({ clientConfig: { caBundle: Buffer.from(plane.ca).toString('base64') } })).toBe('written')
    const why = 'the authority (caBundle) only'
    expect(await patch({ clientConfig: { service: { namespace: 'default', name: 'evil', port: 443 } } })).toContain(why)
    expect(await patch({ failurePolicy: 'Fail' })).toContain(why)
    const everything = [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*'], scope: '*' }]
    expect(await patch({ rules: everything })).toContain(why)
    expect(await removal({ kind: VALIDATING.kind, name }, webhook)).toContain(why)
  })

  it('keeps each role to its own', async () => {
    const cert = secret('kaito-ts-webhook-cert', { type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': '' } })
    expect(await outcome(cert, reconciler)).toContain('never writes /secrets')
    expect(await change(reconciler, webhooksPath(VALIDATING.name), { metadata: { labels: {} } })).toContain(
      'never writes',
    )
    for (const object of [
      job('default', 'w', mine),
      lease(NAMESPACE, 'kaito-ts'),
      workspace('w'),
      event('w', 'Workspace'),
    ])
      expect(await outcome(object, webhook)).toContain('this part of the operator never writes')
  })

  it('says nothing to anybody else', async () => {
    expect(await outcome(job('default', 'somebody'), admin)).toBe('written')
    expect(await outcome(service('kube-system', 'somebody'), admin)).toBe('written')
  })

  it('lets pods run as the accounts that an administrator lists', async () => {
    const listed = one(
      await render({ settings: { templateServiceAccounts: ['models'] } }),
      POLICY,
      'kaito-ts-own-objects',
    )
    const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/kaito-ts-own-objects'
    expect(await change(admin, path, { spec: listed['spec'] })).toBe('written')
    let count = 0
    const as = (serviceAccountName: string) =>
      outcome(statefulSet('default', `as-${count++}`, mine, { serviceAccountName }))
    await until('the new policy is in force', 30_000, async () => (await as('models')) === 'written')
    expect(await as('admin')).toContain('service account admin')
  })
})

describe('the admission policy of the chart', () => {
  it('can be left out, asks nothing of accounts where any is allowed, and follows a renamed account', async () => {
    const policyOf = async (values: object) =>
      all(await render({ ...values }), POLICY).find(({ metadata }) => metadata.name === 'kaito-ts-own-objects')
    expect(await policyOf({ admissionPolicy: { enabled: false } })).toBeUndefined()
    expect(JSON.stringify(await policyOf({}))).toContain('variables.account in')
    expect(JSON.stringify(await policyOf({ settings: { templateServiceAccounts: ['*'] } }))).not.toContain(
      'variables.account in',
    )
    const renamed = await policyOf({ serviceAccount: { name: 'robot' } })
    expect(at(renamed, 'spec', 'matchConditions', 0, 'expression')).toContain(`${NAMESPACE}:robot'`)
  })
})
