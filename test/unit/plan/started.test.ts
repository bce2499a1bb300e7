import { describe, expect, it } from 'vitest'
import type { StatefulSetView } from '#src/api/objects.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { defined } from '#src/lib/defined.ts'
import { planWorkspace } from '#src/plan/workspace.ts'
import type { World } from '#src/plan/world.ts'
import { aWorld, inferenceWorkspace } from '#test/support/worlds.ts'

const TAG = 'registry.example.com/adapters/tone:1'
const DIGEST = `registry.example.com/adapters/tone@sha256:${'a'.repeat(64)}`

const workspace: Workspace = {
  ...inferenceWorkspace(),
  inference: { ...inferenceWorkspace().inference, adapters: [{ source: { name: 'tone', image: TAG } }] },
}

const setOf = (world: World) => planWorkspace(world).apply.find(({ kind }) => kind === 'StatefulSet')

/** The world after its plan was carried out, every replica is ready, and the status was written. */
function running(world: World): World {
  const set = setOf(world)
  const status = { observedGeneration: 1, readyReplicas: 1, updatedReplicas: 1 }
  const statefulSet: StatefulSetView = {
    metadata: { name: 'phi-3', generation: 1, annotations: set?.metadata.annotations ?? {} },
    status,
  }
  const ready = { ...world, statefulSet }
  const told = planWorkspace(ready).status
  return { ...ready, workspace: { ...world.workspace, ...defined({ status: told }) } }
}

const started = running(aWorld(workspace, { pushed: new Map([[TAG, DIGEST]]) }))
const images = { operator: 'operator:2', trainer: 'trainer:2', server: 'server:2' }
const upgraded = { ...started.settings, images, insecureRegistries: ['new.example:5000'], imagePullSecrets: ['new'] }
const withSpec = (world: World, more: Partial<Workspace>): World => ({
  ...world,
  workspace: { ...world.workspace, ...more },
})

const original = setOf(started)

describe('a server that has started', () => {
  it('has on record with what', () => {
    expect(started.workspace.status?.serving).toMatchObject({
      operatorImage: started.settings.images.operator,
      serverImage: started.settings.images.server,
      adapters: [{ name: 'tone', image: DIGEST }],
    })
  })

  it.for<[string, World]>([
    ['the operator is upgraded', { ...started, settings: upgraded }],
    ['the tuning Workspace of its adapter is deleted', { ...started, pushed: new Map() }],
    ['its adapter is pushed again', { ...started, pushed: new Map([[TAG, DIGEST.replaceAll('a', 'b')]]) }],
    [
      'a node joins that cannot mount images',
      {
        ...started,
        nodes: [
          ...started.nodes,
          ...started.nodes.map((node) => ({
            ...node,
            metadata: { ...node.metadata, name: 'old' },
            status: { ...node.status, nodeInfo: {} },
          })),
        ],
      },
    ],
    [
      'an annotation of no meaning is set',
      withSpec(started, { metadata: { ...started.workspace.metadata, annotations: { a: 'b' } } }),
    ],
    ['its status is lost', withSpec(started, { status: {} })],
    ['all of that at once', { ...withSpec(started, { status: {} }), settings: upgraded, pushed: new Map() }],
  ])('is left alone when %s', ([, world]) => {
    // Not written, or written as it is.
    expect(setOf(world) ?? original).toEqual(original)
    expect(planWorkspace(world).status?.serving).toEqual(started.workspace.status?.serving)
    expect(planWorkspace(world).status?.adapters?.[0]?.image).toBe(DIGEST)
  })

  it('is built as it was when it is deleted by hand, and put back when it is edited', () => {
    const { statefulSet, ...deleted } = { ...started, settings: upgraded, pushed: new Map<string, string>() }
    const edits = [{ manager: 'kubectl-edit', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }]
    const edited = {
      ...deleted,
      statefulSet: { ...statefulSet, metadata: { name: 'phi-3', ...statefulSet?.metadata, managedFields: edits } },
    }
    for (const world of [deleted, edited]) {
      const text = JSON.stringify(setOf(world as World))
      expect(text).toContain(DIGEST)
      expect(text).toContain(started.settings.images.operator)
      expect(text).not.toContain('operator:2')
    }
  })

  it('is applied as it is by the operator that made it, so that whatever was edited or taken out is put back', () => {
    expect(original).toBeDefined()
    expect(original?.metadata.annotations).toEqual(started.statefulSet?.metadata.annotations)
  })

  it('is left alone by an upgrade after somebody added to it what nobody else sets', () => {
    const annotation = { 'f:annotations': { 'f:kubectl.kubernetes.io/restartedAt': {} } }
    const fieldsV1 = { 'f:spec': { 'f:template': { 'f:metadata': annotation } } }
    const managedFields = [{ manager: 'kubectl-rollout', fieldsV1 }]
    const metadata = { name: 'phi-3', ...started.statefulSet?.metadata, managedFields }
    expect(setOf({ ...started, statefulSet: { ...started.statefulSet, metadata }, settings: upgraded })).toBeUndefined()
  })

  it.for<[string, Partial<Workspace>]>([
    ['its adapters change', { inference: { preset: { name: 'phi-3-mini-128k-instruct' } } }],
    ['its owner asks for a restart', { metadata: { ...workspace.metadata, annotations: { 'kaito.sh/restart': '1' } } }],
  ])('takes up what is new when %s', ([, more]) => {
    const text = JSON.stringify(setOf(withSpec({ ...started, settings: upgraded }, more)))
    expect(text).toContain('operator:2')
    expect(text).toContain('server:2')
  })

  it('stays, and says so, when its ConfigMap becomes wrong', () => {
    const configured = { ...workspace, inference: { ...workspace.inference, config: 'engine' } }
    const world = running(aWorld(configured, { config: { 'inference_config.yaml': 'vllm: {}' } }))
    const broken = planWorkspace({ ...world, config: { 'inference_config.yaml': 'vllm: [' } })
    expect(broken.apply.map(({ kind }) => kind)).toEqual(['Service', 'Service'])
    expect(broken.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True')
  })
})

describe('a server that never started', () => {
  it.for<[string, StatefulSetView['status']]>([
    ['the ready replica is of an earlier template', { observedGeneration: 1, readyReplicas: 1, updatedReplicas: 0 }],
    ['the count is of an earlier template', { observedGeneration: 0, readyReplicas: 1, updatedReplicas: 1 }],
  ])('is not taken for started where %s', ([, status]) => {
    const metadata = { name: 'phi-3', generation: 1, ...started.statefulSet?.metadata }
    const world = withSpec({ ...started, statefulSet: { metadata, ...(status ? { status } : {}) } }, { status: {} })
    expect(JSON.stringify(setOf({ ...world, settings: upgraded }))).toContain('operator:2')
    expect(planWorkspace(world).status?.serving).toBeUndefined()
  })

  it('is built anew with corrected settings', () => {
    const world = aWorld(workspace)
    const statefulSet = {
      metadata: { name: 'phi-3', annotations: setOf(world)?.metadata.annotations ?? {} },
      status: {},
    }
    expect(JSON.stringify(setOf({ ...world, statefulSet, settings: upgraded }))).toContain('operator:2')
  })
})
