import { describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import { CALLS, line, linesOf, SPARE } from './calls.ts'
import { all, at, NAMESPACE, one, render, type Values } from './helm.ts'

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

const grantedBy = async (values: Values = {}) => {
  const rendered = await render(values)
  return [...granted(one(rendered, 'ClusterRole', 'kaito-ts')), ...granted(one(rendered, 'Role', 'kaito-ts'))]
}

describe('the roles of the chart', () => {
  it('grant every call the operator makes, and nothing else but a few spare verbs', async () => {
    expect((await grantedBy()).sort()).toEqual([...linesOf(CALLS), ...linesOf(SPARE)].sort())
  })

  it('hold no wildcard, and no way to list or change Secrets of the cluster', async () => {
    const lines = await grantedBy()
    expect(lines.filter((text) => text.includes('*'))).toEqual([])
    expect(lines.filter((text) => text.startsWith('/secrets'))).toEqual(['/secrets get'])
  })

  it('make no NodeClaims where nodes are brought, only give them back, and leave certificates to cert-manager', async () => {
    const lines = await grantedBy({ settings: { nodeProvisioner: 'byo' }, certManager: { enabled: true } })
    expect(
      lines.filter((text) => /nodeclaims|webhookconfigurations|kaito-ts-webhook-cert|home:\/secrets/.test(text)),
    ).toEqual(['get', 'list', 'watch', 'delete'].map((verb) => `karpenter.sh/nodeclaims ${verb}`))
  })

  it('can do without Secrets outside the listed namespaces, or altogether', async () => {
    const rendered = await render({ rbac: { lookForSecrets: { namespaces: ['team-a', 'team-b'] } } })
    expect(granted(one(rendered, 'ClusterRole', 'kaito-ts')).filter((text) => text.includes('secrets'))).toEqual([])
    const roles = all(rendered, 'Role').filter(({ metadata }) => metadata.namespace !== NAMESPACE)
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(['team-a', 'team-b'])
    for (const role of roles) expect(granted(role)).toEqual(['home:/secrets get'])
    const none = await grantedBy({ rbac: { lookForSecrets: { enabled: false } } })
    expect(none).not.toContain('/secrets get')
  })

  it('are bound to the account the operator runs as', async () => {
    const rendered = await render({ serviceAccount: { name: 'robot' } })
    expect(at(one(rendered, 'Deployment'), 'spec', 'template', 'spec', 'serviceAccountName')).toBe('robot')
    const subject = { kind: 'ServiceAccount', name: 'robot', namespace: NAMESPACE }
    for (const kind of ['ClusterRoleBinding', 'RoleBinding']) {
      expect(one(rendered, kind, 'kaito-ts')['subjects']).toEqual([subject])
    }
  })
})
