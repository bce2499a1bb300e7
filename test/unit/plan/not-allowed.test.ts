import { describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import type { World } from '#src/plan/world.ts'
import { aWorld, inferenceWorkspace, tuningWorkspace } from '#test/support/worlds.ts'

const { resource } = inferenceWorkspace()
const container = { name: 'llm', image: 'a.io/llm:1' }
const templated = (spec: Readonly<Record<string, unknown>>): Workspace => ({
  ...inferenceWorkspace(),
  inference: { template: { spec: { containers: [container], ...spec } } },
})
const hostPath = { hostPath: { path: '/' } }
const selecting = (labels: Readonly<Record<string, string>>): Workspace => ({
  ...inferenceWorkspace(),
  resource: { ...resource, labelSelector: { matchLabels: labels } },
})
const karpenter = (world: World): World => ({
  ...world,
  nodes: [],
  settings: { ...world.settings, nodeProvisioner: 'karpenter' },
})

/** What the rules refuse, and what stands in a cluster all the same: webhooks may be off. */
const dangerous: [string, Workspace, string][] = [
  [
    'a privileged template',
    templated({ hostPID: true, containers: [{ ...container, securityContext: { privileged: true } }] }),
    'inference.template.spec.hostPID',
  ],
  [
    'a template on a node of its choice',
    templated({ nodeName: 'control-plane-1' }),
    'inference.template.spec.nodeName',
  ],
  [
    "a template with another's account",
    templated({ serviceAccountName: 'admin-sa' }),
    'inference.template.spec.serviceAccountName',
  ],
  [
    "a template with the node's files",
    templated({ volumes: [{ name: 'a', ...hostPath }] }),
    'inference.template.spec.volumes[0].hostPath',
  ],
  [
    "a dataset of the node's files",
    tuningWorkspace({ input: { volumeSource: hostPath } }),
    'tuning.input.volumeSource.hostPath',
  ],
  [
    "an adapter of the node's files",
    { ...inferenceWorkspace({ adapters: [{ source: { name: 'a', volumeSource: hostPath } }] }) },
    'inference.adapters[0].source.volumeSource.hostPath',
  ],
  [
    'too many nodes',
    { ...inferenceWorkspace(), resource: { labelSelector: {}, ...resource, count: 200 } },
    'resource.count',
  ],
  [
    'a label of the control plane',
    selecting({ 'node-role.kubernetes.io/control-plane': '' }),
    'resource.labelSelector.matchLabels[node-role.kubernetes.io/control-plane]',
  ],
]

describe('a Workspace that asks for what nobody has allowed', () => {
  it.each(dangerous)('gets nothing, and is told so: %s', (_, workspace, path) => {
    const world = karpenter(aWorld(workspace))
    const { apply, enqueue, status, events } = planWorkspace(world)
    expect(apply).toEqual([])
    expect(enqueue).toBeUndefined()
    expect(planTuningJob(world)).toBeUndefined()
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    expect(ready).toMatchObject({ status: 'False', reason: 'NotAllowed' })
    expect(ready?.message).toContain(path)
    expect(events).toContainEqual(expect.objectContaining({ type: 'Warning', reason: 'NotAllowed' }))
  })

  it('gets what an administrator opens', () => {
    const world = aWorld(templated({ hostNetwork: true, nodeName: 'gpu-1', serviceAccountName: 'llm' }))
    const settings = { ...world.settings, templates: 'privileged' as const, templateServiceAccounts: ['llm'] }
    expect(planWorkspace({ ...world, settings }).apply.map(({ kind }) => kind)).toContain('StatefulSet')
  })

  it('is said in few words, however much it is', () => {
    const volumes = Array.from({ length: 500 }, (_, index) => ({ name: `v${index}`, ...hostPath }))
    const status = planWorkspace(aWorld(templated({ volumes }))).status
    for (const { message } of status?.conditions ?? []) expect(message.length).toBeLessThan(1_024)
  })
})
