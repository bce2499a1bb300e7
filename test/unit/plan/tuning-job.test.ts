import { describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { planTuningJob, planWorkspace } from '#src/plan/workspace.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { NODE_LABELS } from '#test/support/workspaces.ts'
import { aWorld, BYO_SETTINGS, readyNode, tuningWorkspace } from '#test/support/worlds.ts'

const on = (instanceType: string): Workspace => ({
  ...tuningWorkspace(),
  resource: { instanceType, labelSelector: { matchLabels: NODE_LABELS } },
})

const node = (name: string, instanceType: string, gpus: string) => {
  const { status } = readyNode()
  const labels = { ...NODE_LABELS, 'node.kubernetes.io/instance-type': instanceType }
  return { metadata: { name, labels }, status: { ...status, allocatable: { 'nvidia.com/gpu': gpus } } }
}

/** What the container that trains asks for. */
const asked = (world: Parameters<typeof planTuningJob>[0]) =>
  /nvidia\.com\/gpu":"(\d+)"/.exec(JSON.stringify(planTuningJob(world)?.job))?.[1]

describe('the deadline of a run', () => {
  const deadline = (value: string | undefined, settings = BYO_SETTINGS) => {
    const workspace = tuningWorkspace()
    const annotations = value === undefined ? {} : { 'kaito.sh/tuning-deadline': value }
    const annotatedOne = { ...workspace, metadata: { ...workspace.metadata, annotations } }
    const job = planTuningJob(aWorld(annotatedOne, { settings: { ...settings, nodeProvisioner: 'byo' } }))?.job
    return Number(/"activeDeadlineSeconds":(\d+)/.exec(JSON.stringify(job))?.[1]) - DEFAULT_SETTINGS.pushPatienceSeconds
  }

  it('is what its Workspace says, with the time for a push beside it', () => {
    expect(deadline('36h')).toBe(36 * 3600)
    expect(deadline('2d')).toBe(2 * 86_400)
  })

  it('is no longer than an administrator allows now, for one that said more before', () => {
    expect(deadline('36h', { ...BYO_SETTINGS, tuningDeadlineMaxSeconds: 3600 })).toBe(3600)
  })

  it.for([undefined, 'soon', '90d'])('is the setting where it says %j', (value) => {
    expect(deadline(value)).toBe(DEFAULT_SETTINGS.tuningDeadlineSeconds)
  })
})

describe('the GPUs of a run', () => {
  it.for([
    ['Standard_NC24ads_A100_v4', '1'],
    ['Standard_NC96ads_A100_v4', '4'],
    ['Standard_ND96isr_H100_v5', '8'],
  ] as const)('on a node that is provisioned, %s, are all of its %s', ([type, want]) => {
    const settings = { ...BYO_SETTINGS, nodeProvisioner: 'karpenter' as const }
    expect(asked(aWorld(on(type), { settings }))).toBe(want)
  })

  it.for([
    ['all that it has', ['4'], '4'],
    ['the number of both', ['8', '8'], '8'],
    ['one where they differ', ['4', '8'], '1'],
    ['one before a device plugin has said a word', ['0'], '1'],
  ] as const)('on nodes that exist are %s', ([, counts, want]) => {
    const nodes = counts.map((gpus, index) => node(`gpu-${index}`, 'any', gpus))
    expect(asked(aWorld(on('any'), { nodes }))).toBe(want)
  })

  it.for([
    ['Standard_NC6s_v3', '4', '1'],
    ['Standard_NC96ads_A100_v4', '8', '4'],
    ['Standard_NC96ads_A100_v4', '2', '2'],
  ] as const)('on nodes that exist of type %s with %s are %s', ([type, has, want]) => {
    expect(asked(aWorld(on(type), { nodes: [node('gpu-1', type, has)] }))).toBe(want)
  })

  it('are not those of nodes for something else', () => {
    const nodes = [node('gpu-1', 'any', '2'), node('gpu-2', 'other', '8')]
    expect(asked(aWorld(on('any'), { nodes }))).toBe('2')
  })

  it('are waited for together', () => {
    const settings = { ...BYO_SETTINGS, nodeProvisioner: 'karpenter' as const }
    const labels = { ...NODE_LABELS, 'kaito.sh/workspace': 'phi-3', 'kaito.sh/workspacenamespace': 'default' }
    const short = node('gpu-1', 'Standard_NC96ads_A100_v4', '3')
    const with3 = { ...short, metadata: { ...short.metadata, labels: { ...short.metadata.labels, ...labels } } }
    const { status } = planWorkspace(aWorld(on('Standard_NC96ads_A100_v4'), { settings, nodes: [with3] }))
    expect(status?.conditions?.find(({ type }) => type === 'ResourceReady')).toMatchObject({ status: 'False' })
  })
})
