import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Settings } from '#src/api/settings.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { isDnsLabel } from '#src/lib/dns-label.ts'
import { provisionerOf } from '#src/provisioners/index.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { inferenceWorkspace, metadata, tuningWorkspace } from '#test/support/worlds.ts'

const BUYING = ['karpenter', 'gpu-provisioner'] as const

const claimsOf = (nodeProvisioner: Settings['nodeProvisioner'], workspace: Workspace) => {
  const settings = { ...DEFAULT_SETTINGS, nodeProvisioner }
  return provisionerOf(settings).buys?.claims({ workspace, settings, catalog: builtInCatalog }) ?? []
}

const withNodes = (count: number, name = 'phi-3', uid = 'u'): Workspace => ({
  ...inferenceWorkspace(),
  metadata: { ...metadata(name), uid },
  resource: { count, instanceType: 'Standard_NC24ads_A100_v4', labelSelector: { matchLabels: { apps: 'phi-3' } } },
})

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/)

describe.for(BUYING)('claims of %s', (provisioner) => {
  it('are one for each node, under names of their own that are the same on every look', () => {
    fc.assert(
      fc.property(label, fc.uuid(), fc.integer({ min: 1, max: 20 }), (name, uid, count) => {
        const names = claimsOf(provisioner, withNodes(count, name, uid)).map((claim) => claim.metadata.name)
        expect(new Set(names).size).toBe(count)
        for (const made of names) expect(isDnsLabel(made), made).toBe(true)
        const again = claimsOf(provisioner, withNodes(count, name, uid))
        expect(again.map((claim) => claim.metadata.name)).toEqual(names)
        const [other] = claimsOf(provisioner, withNodes(1, name, `${uid}-again`))
        expect(names).not.toContain(other?.metadata.name)
      }),
      { numRuns: 50 },
    )
  })

  it('ask for the type that is named, and say whose they are', () => {
    const [claim] = claimsOf(provisioner, withNodes(1))
    expect(claim?.spec.requirements).toContainEqual({
      key: 'node.kubernetes.io/instance-type',
      operator: 'In',
      values: ['Standard_NC24ads_A100_v4'],
    })
    expect(claim?.metadata.labels).toMatchObject({
      apps: 'phi-3',
      'kaito.sh/workspace': 'phi-3',
      'kaito.sh/workspacenamespace': 'default',
      'app.kubernetes.io/managed-by': 'kaito-ts',
    })
  })
})

describe('claims of gpu-provisioner', () => {
  const disk = (workspace: Workspace) => claimsOf('gpu-provisioner', workspace)[0]?.spec.resources?.requests['storage']

  it('have names that AKS takes for an agent pool', () => {
    for (const { metadata: made } of claimsOf('gpu-provisioner', withNodes(20)))
      expect(made.name).toMatch(/^[a-z][a-z0-9]{0,11}$/)
  })

  it('request the disk that it makes: for the weights and the system, and for the dataset of a run', () => {
    expect(disk(withNodes(1))).toBe('88Gi')
    expect(disk(tuningWorkspace({ preset: { name: 'phi-3-mini-128k-instruct' } }))).toBe('288Gi')
    expect(disk(inferenceWorkspace({ preset: { name: 'somebody/unknown-model' } }))).toBe('1024Gi')
    for (const { name } of builtInCatalog.presets)
      expect(Number.parseInt(disk(inferenceWorkspace({ preset: { name } })) ?? '', 10)).toBeLessThanOrEqual(2048)
  })

  it('request none of Karpenter, whose types offer no storage', () => {
    expect(claimsOf('karpenter', withNodes(1))[0]?.spec.resources).toBeUndefined()
  })

  it('demand nothing that it does not look at', () => {
    const demanded = claimsOf('gpu-provisioner', withNodes(1))[0]?.spec.requirements.map(({ key }) => key)
    expect(demanded).toEqual(['karpenter.sh/nodepool', 'node.kubernetes.io/instance-type', 'kubernetes.io/os'])
    const { buys } = provisionerOf({ nodeProvisioner: 'gpu-provisioner' })
    expect(buys?.launchesBy('topology.kubernetes.io/zone')).toBe(false)
  })
})

describe('nodes that exist', () => {
  it('need nothing of the cluster, and nothing is made for them', () => {
    const byo = provisionerOf({ nodeProvisioner: 'byo' })
    expect([byo.needs, byo.buys]).toEqual([[], undefined])
  })
})
