import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import type { K8sObject } from '#src/api/objects.ts'
import { CONTAINER_SECURITY, POD_SECURITY } from '#src/desired/pod-parts.ts'
import { templateSet } from '#src/desired/template-set.ts'
import { pathOf, resourceOf } from '#src/kube/resource.ts'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import { podFaults } from '#src/reading/pod-security.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { readWorld } from '#test/support/worlds.ts'
import { podSecurityRows } from '#test/unit/rules/rows/templates.ts'
import { MUTATING, VALIDATING } from '#webhooks/registration.ts'
import { type Connected, connect, until } from '../kube/harness.ts'
import { one, release, render } from './helm.ts'
import { clusterAdmin, connectAs, job, ownedBy, STEP, service, statefulSet } from './own-writes.ts'

const GOLDEN = join(import.meta.dirname, '../../golden')
const POLICY = 'kaito-ts-own-pods'

let plane: ControlPlane
let admin: Connected
/** Whoever has the reconciler's token, with every right there is: what is refused then is refused by the policies alone. */
let reconciler: Connected

const post = (object: K8sObject, who = reconciler) => {
  const path = pathOf(resourceOf(object), { namespace: object.metadata.namespace })
  return who.http.text({ method: 'POST', path, query: { dryRun: 'All' }, body: object }).then(
    () => 'written',
    (error: unknown) => String(error),
  )
}

beforeAll(async () => {
  plane = await startControlPlane()
  admin = connect(plane.kubeconfig)
  reconciler = await connectAs(plane, 'kaito-ts')
  await release('install', plane.kubeconfig, { settings: { nodeProvisioner: 'byo' } })
  const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
  await admin.http.text({ method: 'POST', path, body: clusterAdmin('kaito-ts') })
  const group = '/apis/admissionregistration.k8s.io/v1'
  await admin.http.text({ method: 'DELETE', path: `${group}/validatingwebhookconfigurations/${VALIDATING.name}` })
  await admin.http.text({ method: 'DELETE', path: `${group}/mutatingwebhookconfigurations/${MUTATING.name}` })
  await inForce(POLICY)
}, 600_000)

afterAll(async () => {
  await reconciler?.credentials.close()
  await admin?.credentials.close()
  await plane?.stop()
})

const mine = ownedBy('owner')

/** Policies come into force a moment after they are written; one of a pair may be first. */
const inForce = (policy: string) =>
  until(`${policy} is in force`, 30_000, async () =>
    (await post(job('default', 'probe', mine, { hostNetwork: true }))).includes(policy),
  )

const setOf = (spec: object) => statefulSet('default', 's', mine, spec)
const jobOf = (spec: object) => job('default', 'j', mine, spec)
/** A Job whose container is a step but for this. */
const stepWith = (more: object, spec: object = {}) =>
  jobOf({ containers: [{ name: 'c', securityContext: CONTAINER_SECURITY, ...STEP, ...more }], ...spec })
const volume = (source: object, name = 'v') => ({ volumes: [{ name, ...source }] })

describe('what the reconciler may start, with every right there is', () => {
  const worlds = globSync('*/world.yaml', { cwd: GOLDEN }).map(dirname).sort()

  it.for(worlds)('is all that it makes: %s', async (name) => {
    const world = readWorld(join(GOLDEN, name, 'world.yaml'))
    const made = [...planWorkspace(world).apply, planTuningJob(world)?.job].filter((object) => object !== undefined)
    for (const object of made.filter(({ kind }) => kind !== 'NodeClaim'))
      expect(await post(object), `${object.kind} ${object.metadata.name}`).toBe('written')
  })

  it.for(podSecurityRows.map((row) => [row.when, row.workspace] as const))(
    'is a template that the rule takes, and no other: %s',
    async ([, workspace]) => {
      const template = workspace.inference?.template ?? {}
      const { templates, volumeKinds } = DEFAULT_SETTINGS
      const isOurs = podFaults(template, { templates, volumeKinds }).length === 0
      const set = templateSet(workspace, template, DEFAULT_SETTINGS)
      const answer = await post({ ...set, metadata: { ...set.metadata, ...ownedBy('owner'), namespace: 'default' } })
      if (isOurs) expect(answer).toBe('written')
      else expect(answer).not.toBe('written')
    },
  )

  it.for<[string, object]>([
    ['in the network of its node', { hostNetwork: true }],
    ['among the processes of its node', { hostPID: true }],
    ['with files of its node', volume({ hostPath: { path: '/' } })],
    ['on a node of its choice', { nodeName: 'control-plane-1' }],
    ['with a priority of the cluster itself', { priorityClassName: 'system-node-critical' }],
    ['as another account', { serviceAccountName: 'admin' }],
    ['as root', { securityContext: { ...POD_SECURITY, runAsUser: 0 } }],
    ['as whoever the image says', { securityContext: {} }],
    [
      'with system calls that nobody filters',
      { securityContext: { ...POD_SECURITY, seccompProfile: { type: 'Unconfined' } } },
    ],
    ['with a share of nobody knows what', volume({ nfs: { server: 'nfs.example.com', path: '/' } })],
  ])('is no pod %s', async ([, spec]) => {
    for (const object of [setOf(spec), jobOf(spec)]) expect(await post(object)).toContain('the operator')
  })

  it.for<[string, object]>([
    ['privileged', { privileged: true }],
    ['with more capabilities', { ...CONTAINER_SECURITY, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }],
    ['that keeps its capabilities', { ...CONTAINER_SECURITY, capabilities: {} }],
    ['that may become more', { ...CONTAINER_SECURITY, allowPrivilegeEscalation: true }],
    ['without a context', {}],
  ])('is no container %s, also before the others', async ([, securityContext]) => {
    const evil = { name: 'evil', ...STEP, securityContext }
    const fine = { name: 'c', securityContext: CONTAINER_SECURITY, ...STEP }
    for (const spec of [{ containers: [evil] }, { containers: [fine], initContainers: [evil] }]) {
      for (const object of [setOf(spec), jobOf(spec)]) expect(await post(object)).toContain(POLICY)
    }
  })

  it.for<[string, K8sObject, string]>([
    ['runs another image', stepWith({ image: 'registry.example.com/evil:1' }), 'its own programs'],
    ['runs another program', stepWith({ args: ['-e', 'process.exit()'] }), 'its own programs'],
    ['says its own command', stepWith({ command: ['node'] }), 'its own programs'],
    [
      'has the trainer run what is mounted',
      stepWith({ image: DEFAULT_SETTINGS.images.trainer, args: undefined, command: ['python3', '/mnt/data/x.py'] }),
      'its own programs',
    ],
    ['gives the trainer arguments', stepWith({ image: DEFAULT_SETTINGS.images.trainer }), 'its own programs'],
    ['is asked by a probe', stepWith({ startupProbe: { exec: { command: ['sh'] } } }), 'its own programs'],
    [
      'loads code by a variable',
      stepWith({ env: [{ name: 'NODE_OPTIONS', value: '--import=/mnt/x' }] }),
      'other variables',
    ],
    [
      'is told a value of a Secret',
      stepWith({ env: [{ name: 'HF_TOKEN', valueFrom: { secretKeyRef: { name: 'a', key: 'password' } } }] }),
      'other variables',
    ],
    [
      'has something mounted over its programs',
      stepWith({ volumeMounts: [{ name: 'v', mountPath: '/app/jobs' }] }, volume({ configMap: { name: 'a' } })),
      'over its programs',
    ],
    [
      'climbs out of its folder',
      stepWith({ volumeMounts: [{ name: 'v', mountPath: '/mnt/../app' }] }, volume({ configMap: { name: 'a' } })),
      'over its programs',
    ],
    ['mounts a Secret', jobOf(volume({ secret: { secretName: 'a' } })), 'of Secrets the logins'],
    ['mounts a whole Secret as if to push', jobOf(volume({ secret: { secretName: 'a' } }, 'push-auth')), 'the logins'],
    [
      'mounts another key of a Secret',
      jobOf(volume({ secret: { secretName: 'a', items: [{ key: 'password', path: 'p' }] } }, 'push-auth')),
      'the logins',
    ],
    [
      'mounts a token',
      jobOf(volume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }, 'data-auth')),
      'the logins',
    ],
    ['gets a token', jobOf({ automountServiceAccountToken: true }), 'of a form of its own'],
    ['runs on nodes of the control plane', jobOf({ tolerations: [{ operator: 'Exists' }] }), 'of a form of its own'],
    [
      'runs on a node of its choice',
      jobOf({ nodeSelector: { 'kubernetes.io/hostname': 'a' } }),
      'of a form of its own',
    ],
    ['chooses its runtime', jobOf({ runtimeClassName: 'kata' }), 'of a form of its own'],
  ])('is no Job that %s', async ([, object, why]) => {
    const told = await post(object)
    expect(told).toContain(why)
    expect(told).toContain('exactJobs')
  })

  it.for<[string, Readonly<Record<string, string>>]>([
    ['of another Workspace', { 'kaito.sh/workspace': 'other' }],
    ['of nobody in particular', { app: 'payments' }],
  ])('is no Service to pods %s', async ([, selector]) => {
    expect(await post(service('default', 'v', mine, { selector }))).toContain('leads to pods of others')
  })

  it('is nothing of anybody else', async () => {
    expect(await post(setOf({ hostNetwork: true }), admin)).toBe('written')
  })

  it('is what an administrator opens, and the Jobs that another webhook rewrites', async () => {
    const wide = { settings: { templates: 'privileged' }, admissionPolicy: { exactJobs: false } }
    const path = `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${POLICY}`
    const contentType = 'application/merge-patch+json'
    const use = async (values: object) =>
      admin.http.text({
        method: 'PATCH',
        path,
        body: { spec: one(await render({ ...values }), 'ValidatingAdmissionPolicy', POLICY)['spec'] },
        contentType,
      })
    await use({ admissionPolicy: wide.admissionPolicy })
    const mirrored = stepWith({ image: 'mirror.example.com/operator:1' })
    await until('Jobs may be others', 30_000, async () => (await post(mirrored)) === 'written')
    expect(await post(jobOf({ hostNetwork: true }))).toContain(POLICY)
    await use({ settings: { templates: 'baseline' } })
    const plain = setOf({ securityContext: {}, containers: [{ name: 'c', image: 'a' }] })
    await until('templates may be baseline', 30_000, async () => (await post(plain)) === 'written')
    expect(await post(setOf({ hostPID: true }))).toContain(POLICY)
    await use({ settings: { templates: 'privileged' } })
    await until('templates may be any pod', 30_000, async () => (await post(setOf({ hostPID: true }))) === 'written')
  })
})
