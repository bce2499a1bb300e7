import { describe, expect, it } from 'vitest'
import type { K8sObject } from '#src/api/objects.ts'
import { ownedLabels } from '#src/desired/meta.ts'
import { inferenceWorkspace } from '#test/support/worlds.ts'
import { all, at, one, render, type Values } from './helm.ts'

const RECONCILER = 'kaito-ts-reconciler'
const WEBHOOK = 'kaito-ts'

const egress = (rendered: readonly K8sObject[], name: string) =>
  at(one(rendered, 'NetworkPolicy', name), 'spec', 'egress')

const restricted = (values: Values = {}, more: object = {}) =>
  render({ ...values, networkPolicy: { restrictEgress: true, ...more } })

const DNS = {
  ports: [
    { port: 53, protocol: 'UDP' },
    { port: 53, protocol: 'TCP' },
  ],
}

describe('the network policies of the chart', () => {
  it('let the operator call anybody, or whom somebody lists', async () => {
    const rendered = await render()
    expect([WEBHOOK, RECONCILER].map((name) => egress(rendered, name))).toEqual([[{}], [{}]])
    const rules = [{ ports: [{ port: 443 }] }]
    const listed = await render({ networkPolicy: { egress: rules }, webhook: { egress: [] } })
    expect([WEBHOOK, RECONCILER].map((name) => egress(listed, name))).toEqual([[], rules])
  })

  it('let the webhook call the API server and DNS, and the reconciler Redis besides, where that is asked for', async () => {
    const rendered = await restricted()
    const apiServer = { ports: [{ port: 443 }, { port: 6443 }] }
    expect(egress(rendered, WEBHOOK)).toEqual([DNS, apiServer])
    const redis = {
      ports: [{ port: 6379 }],
      to: [{ podSelector: at(one(rendered, 'NetworkPolicy', 'kaito-ts-redis'), 'spec', 'podSelector') }],
    }
    expect(egress(rendered, RECONCILER)).toEqual([DNS, apiServer, redis])
    const pod = at(one(rendered, 'StatefulSet', 'kaito-ts-redis'), 'spec', 'template', 'metadata', 'labels')
    expect(pod).toMatchObject(Object(at(redis.to[0]?.podSelector, 'matchLabels')))
    for (const policy of all(rendered, 'NetworkPolicy')) expect(at(policy, 'spec', 'policyTypes')).toContain('Egress')
  })

  it('name the addresses of the API server, and the port of a Redis of yours', async () => {
    const apiServer = { cidrs: ['192.0.2.10/32', '2001:db8::1/128'], ports: [6443] }
    const rendered = await restricted(
      { redis: { enabled: false, url: 'rediss://:x@redis.example:6380/0' } },
      { apiServer },
    )
    const to = apiServer.cidrs.map((cidr) => ({ ipBlock: { cidr } }))
    const calls = { ports: [{ port: 6443 }], to }
    expect(egress(rendered, RECONCILER)).toEqual([DNS, calls, { ports: [{ port: 6380 }] }])
    for (const redis of [{ url: 'redis://redis.example' }, { existingSecret: { name: 'mine' } }]) {
      const other = await restricted({ redis: { enabled: false, ...redis } })
      expect(Array.from(Object(egress(other, RECONCILER))).at(-1)).toEqual({ ports: [{ port: 6379 }] })
    }
  })

  it('keep the pods of Workspaces from each other and from private addresses, in the namespaces that are listed', async () => {
    expect(all(await render(), 'NetworkPolicy').map(({ metadata }) => metadata.namespace)).not.toContain('team-a')
    const rendered = await render({ networkPolicy: { workspaces: { namespaces: ['team-a', 'team-b'] } } })
    const made = all(rendered, 'NetworkPolicy').filter(({ metadata }) => metadata.namespace?.startsWith('team-'))
    expect(made.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`).sort()).toEqual(
      ['team-a', 'team-b'].flatMap((namespace) => [`${namespace}/kaito-ts-serving`, `${namespace}/kaito-ts-training`]),
    )
    const [training, serving] = ['kaito-ts-training', 'kaito-ts-serving'].map((name) =>
      at(one(made, 'NetworkPolicy', name), 'spec'),
    )
    // Without a rule, nobody.
    expect([at(training, 'policyTypes'), at(training, 'ingress')]).toEqual([['Ingress', 'Egress'], undefined])
    expect(at(serving, 'policyTypes')).toEqual(['Egress'])
    expect(JSON.stringify(at(serving, 'egress'))).toContain('169.254.0.0/16')
    // Of what is made, each pod is of one of the two.
    const podOf = (component: 'inference' | 'tuning') => ownedLabels(inferenceWorkspace(), component)
    const selects = (spec: unknown, labels: Readonly<Record<string, string>>) => {
      const [{ key, operator, values }] = Object(at(spec, 'podSelector', 'matchExpressions'))
      const isIn = values.includes(labels[key])
      expect(labels).toMatchObject(Object(at(spec, 'podSelector', 'matchLabels')))
      return operator === 'In' ? isIn : !isIn
    }
    expect([selects(training, podOf('tuning')), selects(training, podOf('inference'))]).toEqual([true, false])
    expect([selects(serving, podOf('tuning')), selects(serving, podOf('inference'))]).toEqual([false, true])
  })

  it('are none where they are not wanted', async () => {
    expect(all(await render({ networkPolicy: { enabled: false, restrictEgress: true } }), 'NetworkPolicy')).toEqual([])
  })
})
