import { describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import { CALLS, line, linesOf, SPARE } from './calls.ts'
import { all, at, NAMESPACE, one, render, type Values } from './helm.ts'
import type { ReleasedRole } from './released-operator.ts'

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** The rules of a role, one line for each verb of each resource. */
const granted = (role: K8sObject): string[] =>
  list(role['rules']).flatMap((rule) =>
    list(at(rule, 'apiGroups')).flatMap((group) =>
      list(at(rule, 'resources')).flatMap((resource) =>
        (at(rule, 'resourceNames') === undefined ? [undefined] : list(at(rule, 'resourceNames')).map(String)).flatMap(
          (name) =>
            list(at(rule, 'verbs')).map((verb) =>
              line(role.kind === 'Role', String(group), String(resource), name, String(verb)),
            ),
        ),
      ),
    ),
  )

/** The roles' names, of ClusterRole and Role alike. */
const NAMES = { webhook: 'kaito-ts-webhook', reconciler: 'kaito-ts' } as const satisfies Record<ReleasedRole, string>

const grantedBy = async (role: ReleasedRole, values: Values = {}) => {
  const rendered = await render(values)
  const roles = [...all(rendered, 'ClusterRole'), ...all(rendered, 'Role')]
  return roles.filter(({ metadata }) => metadata.name === NAMES[role]).flatMap(granted)
}

describe('the roles of the chart', () => {
  it.each(['webhook', 'reconciler'] as const)(
    'grant every call that the %s makes, and nothing else but a few spare verbs',
    async (role) => {
      const calls = [...CALLS, ...SPARE].filter(({ by }) => by === role)
      expect((await grantedBy(role)).sort()).toEqual(linesOf(calls).sort())
    },
  )

  it.each(['webhook', 'reconciler'] as const)(
    'hold no wildcard, and no way for the %s to list or change Secrets of the cluster',
    async (role) => {
      const lines = await grantedBy(role)
      expect(lines.filter((text) => text.includes('*'))).toEqual([])
      expect(lines.filter((text) => text.startsWith('/secrets'))).toEqual(['/secrets get'])
    },
  )

  it('make no NodeClaims where nodes are brought, only give them back', async () => {
    const lines = await grantedBy('reconciler', { settings: { nodeProvisioner: 'byo' } })
    expect(lines.filter((text) => text.includes('nodeclaims'))).toEqual(
      ['get', 'list', 'watch', 'delete'].map((verb) => `karpenter.sh/nodeclaims ${verb}`),
    )
  })

  it('let the webhook write nothing where cert-manager makes the certificates', async () => {
    const lines = await grantedBy('webhook', { certManager: { enabled: true } })
    expect(lines).toEqual(['/configmaps get', '/secrets get'])
  })

  it('let the webhook list Workspaces where there are nodes of a namespace to count', async () => {
    const without = await grantedBy('webhook')
    for (const settings of [{ maxNodesPerNamespace: 4 }, { namespaceNodes: { 'team-a': 4 } }]) {
      const lines = await grantedBy('webhook', { settings })
      expect(lines.filter((text) => !without.includes(text))).toEqual(['kaito.sh/workspaces list'])
    }
  })

  it('have none for a webhook that is not installed', async () => {
    expect(await grantedBy('webhook', { webhook: { enabled: false } })).toEqual([])
  })

  it('can do without Secrets outside the listed namespaces, or altogether', async () => {
    const rendered = await render({ rbac: { lookForSecrets: { namespaces: ['team-a', 'team-b'] } } })
    for (const role of all(rendered, 'ClusterRole')) {
      expect(granted(role).filter((text) => text.includes('secrets'))).toEqual([])
    }
    const roles = all(rendered, 'Role').filter(({ metadata }) => metadata.namespace !== NAMESPACE)
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(['team-a', 'team-b'])
    for (const role of roles) expect(granted(role)).toEqual(['home:/secrets get'])
    const accounts = ['kaito-ts', 'kaito-ts-webhook'].map((name) => ({
      kind: 'ServiceAccount',
      name,
      namespace: NAMESPACE,
    }))
    const bindings = all(rendered, 'RoleBinding').filter(({ metadata }) => metadata.namespace !== NAMESPACE)
    expect(bindings.map((binding) => binding['subjects'])).toEqual([accounts, accounts])
    for (const role of ['webhook', 'reconciler'] as const) {
      const none = await grantedBy(role, { rbac: { lookForSecrets: { enabled: false } } })
      expect(none).not.toContain('/secrets get')
    }
  })

  it.each([
    ['reconciler', 'kaito-ts-reconciler', { serviceAccount: { name: 'robot' } }],
    ['webhook', 'kaito-ts', { webhook: { serviceAccount: { name: 'robot' } } }],
  ] as const)('are bound to the account the %s runs as', async (role, deployment, values) => {
    const rendered = await render(values)
    expect(at(one(rendered, 'Deployment', deployment), 'spec', 'template', 'spec', 'serviceAccountName')).toBe('robot')
    const subject = { kind: 'ServiceAccount', name: 'robot', namespace: NAMESPACE }
    for (const kind of ['ClusterRoleBinding', 'RoleBinding']) {
      expect(one(rendered, kind, NAMES[role])['subjects']).toEqual([subject])
    }
  })
})
