import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '#examples/cluster/command.ts'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import type { KubeClient } from '#src/kube/client.ts'
import type { Credentials } from '#src/kube/credentials.ts'
import { type Kind, resources } from '#src/kube/resource.ts'
import { MUTATING, VALIDATING } from '#webhooks/registration.ts'
import { connect } from '../kube/harness.ts'
import { CALLS } from './calls.ts'
import { at, chartDir, helm, NAMESPACE, release as releaseBy, type Values } from './helm.ts'
import type { ReleasedRole } from './released-operator.ts'

const ACCOUNTS = { webhook: 'kaito-ts-webhook', reconciler: 'kaito-ts' } as const satisfies Record<ReleasedRole, string>

let plane: ControlPlane
let client: KubeClient
let credentials: Credentials

beforeAll(async () => {
  plane = await startControlPlane()
  ;({ client, credentials } = connect(plane.kubeconfig))
})

afterAll(async () => {
  await credentials?.close()
  await plane?.stop()
})

const release = (action: 'install' | 'upgrade' | 'uninstall', values: Values = {}) =>
  releaseBy(action, plane.kubeconfig, values)

const kubectl = (args: readonly string[], input = '') =>
  runCommand([plane.kubectl, '--kubeconfig', plane.kubeconfig, ...args], { input })

const bundleOf = async (kind: Kind, name: string) =>
  at(await client.get({ kind, name }), 'webhooks', 0, 'clientConfig', 'caBundle')

/** As the operator does it: a strategic merge patch of that one field. */
const publish = (kind: string, name: string, caBundle: string) =>
  kubectl([
    'patch',
    kind,
    name,
    '--type=strategic',
    `--patch=${JSON.stringify({ webhooks: [{ name, clientConfig: { caBundle } }] })}`,
  ])

const passwordOf = async () =>
  at(await client.get({ kind: 'Secret', namespace: NAMESPACE, name: 'kaito-ts-redis' }), 'data', 'password')

interface Question {
  readonly verb: string
  readonly resource: string
  readonly namespace: string
  readonly more?: readonly string[]
}

/** Whether the API server's own authorizer lets a role of the operator do it. */
async function may(role: ReleasedRole, { verb, resource, namespace, more = [] }: Question): Promise<boolean> {
  const { stdout } = await kubectl([
    'auth',
    'can-i',
    verb,
    resource,
    `--as=system:serviceaccount:${NAMESPACE}:${ACCOUNTS[role]}`,
    `--namespace=${namespace}`,
    ...more,
  ])
  return stdout.trim() === 'yes'
}

describe('a release in a real cluster', () => {
  it('has only objects that the API server takes without a complaint about a field', async () => {
    const { stdout } = await helm(['template', 'kaito', chartDir, '--namespace', NAMESPACE])
    await kubectl(['create', 'namespace', NAMESPACE])
    const applied = await kubectl(
      ['apply', '--server-side', '--dry-run=server', '--validate=strict', '--filename=-'],
      stdout,
    )
    expect([applied.code, applied.stderr]).toEqual([0, ''])
    expect(applied.stdout.match(/serverside-applied/g)?.length).toBe(stdout.match(/^kind: /gm)?.length)
  })

  it('is upgraded without losing the published authority or the password of Redis', async () => {
    await release('install')
    const password = await passwordOf()
    expect(String(password)).toMatch(/^[A-Za-z0-9+/=]{40,}$/)
    const authority = Buffer.from(plane.ca).toString('base64')
    for (const { kind, name } of [VALIDATING, MUTATING]) {
      const { code, stderr } = await publish(kind, name, authority)
      expect([code, stderr]).toEqual([0, ''])
    }
    await release('upgrade', { replicas: 3, settings: { cloud: 'aws' } })
    const deployment = JSON.parse(
      (await kubectl(['get', 'deployment', 'kaito-ts', `--namespace=${NAMESPACE}`, '-o', 'json'])).stdout,
    )
    expect(at(deployment, 'spec', 'replicas')).toBe(3)
    expect(await bundleOf(VALIDATING.kind, VALIDATING.name)).toBe(authority)
    expect(await bundleOf(MUTATING.kind, MUTATING.name)).toBe(authority)
    expect(await passwordOf()).toBe(password)
  })

  it('lets the operator make every call it makes', async () => {
    const refused: string[] = []
    for (const { by, kind, subresource, verbs, where, name } of CALLS) {
      // kubectl cannot name a resource whose definition is not installed; rbac.test.ts compares its rule.
      if (kind === 'NodeClaim') continue
      for (const verb of verbs) {
        const resource = resourceArgument(kind, name)
        const sub = subresource === undefined ? [] : [`--subresource=${subresource}`]
        const namespace = where === 'home' ? NAMESPACE : 'team-a'
        if (!(await may(by, { verb, resource, namespace, more: sub })))
          refused.push(`${by} ${verb} ${resource} ${sub.join('')}`)
      }
    }
    expect(refused).toEqual([])
  })

  it.each([
    ['list', 'secrets', 'team-a'],
    ['watch', 'secrets', NAMESPACE],
    ['update', 'secrets/kaito-ts-redis', NAMESPACE],
    ['create', 'secrets', 'team-a'],
    ['create', 'pods', 'team-a'],
    ['create', 'leases.coordination.k8s.io', 'team-a'],
    ['delete', 'workspaces.kaito.sh', 'team-a'],
    ['patch', 'nodes', ''],
    ['create', 'clusterrolebindings.rbac.authorization.k8s.io', ''],
    ['patch', 'validatingwebhookconfigurations.admissionregistration.k8s.io/other', ''],
  ])('lets no role %s %s', async (verb, resource, namespace) => {
    for (const role of ['webhook', 'reconciler'] as const)
      expect(await may(role, { verb, resource, namespace })).toBe(false)
  })

  it.each([
    ['webhook', 'create', 'jobs.batch', 'team-a'],
    ['webhook', 'patch', 'statefulsets.apps', 'team-a'],
    ['webhook', 'list', 'workspaces.kaito.sh', 'team-a'],
    ['webhook', 'update', 'leases.coordination.k8s.io/kaito-ts', NAMESPACE],
    ['webhook', 'get', 'pods', 'team-a'],
    [
      'reconciler',
      'patch',
      'validatingwebhookconfigurations.admissionregistration.k8s.io/validation.workspace.kaito.sh',
      '',
    ],
    ['reconciler', 'update', 'secrets/kaito-ts-webhook-cert', NAMESPACE],
    ['reconciler', 'create', 'secrets', NAMESPACE],
  ] as const)('does not let the %s %s %s', async (role, verb, resource, namespace) => {
    expect(await may(role, { verb, resource, namespace })).toBe(false)
  })

  it('leaves the Workspace definition behind when it is uninstalled, and can come back', async () => {
    await release('uninstall')
    expect((await kubectl(['get', 'crd', 'workspaces.kaito.sh'])).code).toBe(0)
    expect(await client.get({ kind: VALIDATING.kind, name: VALIDATING.name })).toBeUndefined()
    await release('install')
  })
})

function resourceArgument(kind: Kind, name: string | undefined): string {
  const { plural, group } = resources[kind]
  return `${plural}${group === '' ? '' : `.${group}`}${name === undefined ? '' : `/${name}`}`
}
