import { describe, expect, it } from 'vitest'
import { isConcerned } from '#src/observe/concerned.ts'
import { inferenceWorkspace, readyNode, tuningWorkspace } from '#test/support/worlds.ts'

const node = readyNode()
const unlike = { ...node, metadata: { ...node.metadata, labels: { apps: 'other' } } }
const claimedBy = (name: string) => ({
  ...node,
  metadata: { ...node.metadata, labels: { ...node.metadata.labels, 'kaito.sh/workspace': name } },
})

describe('a node concerns a Workspace', () => {
  it('that asks for its labels, whether they came or went, and no other', () => {
    expect(isConcerned(tuningWorkspace(), node, false)).toBe(true)
    expect(isConcerned(inferenceWorkspace(), unlike, false)).toBe(false)
  })

  it('that runs there, whatever its labels are now', () => {
    const serving = { ...inferenceWorkspace(), status: { workerNodes: [unlike.metadata.name] } }
    expect(isConcerned(serving, unlike, false)).toBe(true)
  })

  it('not where its run is over, unless it was changed since', () => {
    const over = { ...tuningWorkspace(), status: { state: 'Succeeded' as const, observedGeneration: 1 } }
    expect(isConcerned(over, node, false)).toBe(false)
    expect(isConcerned({ ...over, status: { ...over.status, observedGeneration: 0 } }, node, false)).toBe(true)
    expect(isConcerned({ ...over, status: { ...over.status, state: 'Pending' } }, node, false)).toBe(true)
  })

  it('not where it was claimed for another one', () => {
    expect(isConcerned(tuningWorkspace(), claimedBy('another'), true)).toBe(false)
    expect(isConcerned(tuningWorkspace(), claimedBy('phi-3'), true)).toBe(true)
    // A node that was brought keeps labels of a time when nodes were claimed.
    expect(isConcerned(tuningWorkspace(), claimedBy('another'), false)).toBe(true)
  })
})
