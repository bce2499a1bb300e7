import { describe, expect, it } from 'vitest'
import { tuningJobName } from '#src/desired/names.ts'
import { SELDOM } from '#src/plan/plan.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import { aWorld, controller, inferenceWorkspace, tuningWorkspace } from '#test/support/worlds.ts'

const workspace = tuningWorkspace()
const job = {
  metadata: {
    name: tuningJobName(workspace),
    namespace: 'default',
    uid: 'job-uid',
    ownerReferences: [controller('Workspace', workspace.metadata.uid ?? '')],
  },
}
const missing = new Map([['push-secret', 'missing' as const]])

/** Thousands may wait: each of these is brought back by what it waits for. */
describe('what waits is hardly ever looked at again by itself:', () => {
  it.for([
    ['a run that waits for its pod', aWorld(workspace, { jobs: [job] })],
    ['a Workspace that waits for a node', aWorld(workspace, { nodes: [] })],
    ['a server that starts', aWorld(inferenceWorkspace())],
  ] as const)('%s', ([, world]) => {
    expect(planWorkspace(world).again).toBe(SELDOM)
  })

  it('a Workspace whose Secret is missing, which is waited for', () => {
    const plan = planWorkspace(aWorld(workspace, { secrets: missing }))
    expect([plan.again, plan.awaits]).toEqual([undefined, [{ kind: 'Secret', name: 'push-secret' }]])
  })

  it('a Workspace whose ConfigMap is missing or wrong, of which another version is waited for', () => {
    const configured = tuningWorkspace({ config: 'mine' })
    const awaits = (more: Parameters<typeof aWorld>[1]) => planWorkspace(aWorld(configured, more)).awaits
    expect(awaits({})).toEqual([{ kind: 'ConfigMap', name: 'mine' }])
    const config = { 'training_config.yaml': 'training_config: [' }
    expect(awaits({ config, configVersion: '7' })).toEqual([{ kind: 'ConfigMap', name: 'mine', version: '7' }])
  })
})

describe('what nobody watches is looked at again soon:', () => {
  it('a run under way, whose progress is in a log', () => {
    const status = { phase: 'Running', initContainerStatuses: [{ name: 'train', state: { running: {} } }] }
    const metadata = { name: 'pod', namespace: 'default', ownerReferences: [controller('Job', 'job-uid')] }
    expect(planWorkspace(aWorld(workspace, { jobs: [job], pods: [{ metadata, status }] })).again).toBe(3_000)
  })

  it('a name that somebody else has', () => {
    const obstacle = { kind: 'Service', reason: 'NameTaken' as const, message: 'taken' }
    expect(planWorkspace(aWorld(inferenceWorkspace(), { obstacle })).again).toBe(15_000)
  })

  it('a cluster without NodeClaims, where some are wanted', () => {
    const base = aWorld(workspace, { nodes: [], hasNodeClaims: false })
    const world = { ...base, settings: { ...base.settings, nodeProvisioner: 'karpenter' as const } }
    expect(planWorkspace(world).again).toBe(30_000)
  })
})
