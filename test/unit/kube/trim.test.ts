import { describe, expect, it } from 'vitest'
import { isOutline, trimPod, trimSet, trimWorkspace } from '#src/kube/trim.ts'
import { inferenceWorkspace, tuningWorkspace } from '#test/support/worlds.ts'

const large = 'x'.repeat(1_400_000)

describe('what the watches keep', () => {
  it('is a whole Workspace where it is of an ordinary size, without what kubectl and the server note in it', () => {
    const workspace = inferenceWorkspace()
    const annotations = { mine: 'kept', 'kubectl.kubernetes.io/last-applied-configuration': large }
    const kept = trimWorkspace({ ...workspace, metadata: { ...workspace.metadata, annotations, managedFields: [] } })
    expect(kept).toEqual({ ...workspace, metadata: { ...workspace.metadata, annotations: { mine: 'kept' } } })
    expect(isOutline(kept)).toBe(false)
  })

  it.each([
    ['a template', { ...inferenceWorkspace(), inference: { template: { spec: { pad: large } } } }],
    ['a volume', { ...inferenceWorkspace(), inference: { adapters: [{ source: { volumeSource: { pad: large } } }] } }],
    [
      'an annotation',
      { ...inferenceWorkspace(), metadata: { ...inferenceWorkspace().metadata, annotations: { large } } },
    ],
  ])('is an outline where %s is large', (_what, workspace) => {
    const kept = trimWorkspace(workspace)
    expect(isOutline(kept)).toBe(true)
    expect(JSON.stringify(kept).length).toBeLessThan(2_000)
    expect(kept.metadata).toMatchObject({ name: workspace.metadata.name })
    expect(trimWorkspace(kept)).toBe(kept)
  })

  it('still says which image a large tuning run pushes to, for the other Workspaces of its namespace', () => {
    const { tuning, ...rest } = tuningWorkspace()
    const output = tuning?.output ?? {}
    const kept = trimWorkspace({ ...rest, tuning: { input: { urls: [large] }, output } })
    expect([isOutline(kept), kept.tuning?.output.image, kept.inference]).toEqual([true, output.image, undefined])
  })

  it('is nothing of a pod or a set but what is read', () => {
    const metadata = { name: 'a', uid: 'u', annotations: { large }, labels: { a: 'b' } }
    const pod = {
      metadata,
      spec: { nodeName: 'n', containers: [{ resources: { requests: { large } } }] },
      status: { phase: 'Running' },
    }
    expect(trimPod(pod)).toEqual({
      metadata: { name: 'a', uid: 'u', labels: { a: 'b' } },
      spec: { nodeName: 'n' },
      status: { phase: 'Running' },
    })
    const set = { metadata: { ...metadata, annotations: { a: 'b' } }, spec: { replicas: 1, template: { large } } }
    expect(trimSet(set)).toEqual({
      metadata: { ...metadata, annotations: { a: 'b' }, managedFields: [] },
      spec: { replicas: 1 },
    })
  })
})
