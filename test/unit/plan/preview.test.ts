import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Workspace } from '#src/api/workspace.ts'
import { builtInCatalog } from '#src/catalog/built-in.ts'
import { planLines } from '#src/plan/preview.ts'
import { type Facts, policyOf } from '#src/reading/facts.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'

const facts = (nodeProvisioner: 'karpenter' | 'byo'): Facts => ({
  operation: 'CREATE',
  namespace: 'default',
  dryRun: true,
  policy: policyOf({ ...DEFAULT_SETTINGS, nodeProvisioner }),
  catalog: builtInCatalog,
  configMaps: new Map(),
  secrets: new Map(),
  nodesHeld: new Map(),
})

const example = (name: string, instanceType: string): Workspace => {
  const path = join(import.meta.dirname, '..', '..', '..', 'examples', `${name}.yaml`)
  const workspace = parse(readFileSync(path, 'utf8')) as Workspace
  return { ...workspace, resource: { labelSelector: {}, ...workspace.resource, instanceType } }
}

describe('the plan of a dry run', () => {
  it('names nodes, price, memory and objects of a tuning run', () => {
    const lines = planLines(example('tuning-phi-3-literal', 'Standard_NC24ads_A100_v4'), facts('karpenter'))
    expect(lines[0]).toBe('plan: 1 x Standard_NC24ads_A100_v4 (1 x NVIDIA A100, 80 GiB); nodes are provisioned')
    expect(lines[1]).toMatch(/^plan: about \$\d+\.\d\d an hour while the nodes run/)
    expect(lines[2]).toMatch(/^plan: memory of each GPU: weights .* GiB of 80\.0 GiB$/)
    expect(lines[3]).toBe('plan: trains on 1 GPU; 3 epochs in steps of 16 rows, 8 at a time on a GPU')
    expect(lines[4]).toBe(
      'plan: creates Job/workspace-phi-3-mini-precheck-*, 1 NodeClaim, Job/workspace-phi-3-mini-tuning-*',
    )
  })

  it.for([
    ['Standard_NC96ads_A100_v4', 'plan: trains on all 4 GPUs; 3 epochs in steps of 16 rows, 4 at a time on a GPU'],
    ['', 'plan: trains on all GPUs of the node'],
  ] as const)('says that a run on %j has all GPUs', ([type, line]) => {
    expect(planLines(example('tuning-phi-3-literal', type), facts('byo'))).toContain(line)
  })

  it('says how much context fits where it is less than the model has', () => {
    const lines = planLines(example('inference-phi-3-adapter-literal', 'Standard_NC6s_v3'), facts('karpenter'))
    expect(lines.join('\n')).toMatch(/; \d+ tokens of context fit$/m)
    const enough = planLines(example('inference-phi-3', 'Standard_NC24ads_A100_v4'), facts('karpenter'))
    expect(enough.join('\n')).not.toContain('tokens of context fit')
  })

  it('creates no NodeClaim where nodes exist already', () => {
    const lines = planLines(example('inference-phi-3', 'Standard_NC24ads_A100_v4'), facts('byo'))
    expect(lines[0]).toContain('existing nodes are used')
    expect(lines.at(-1)).not.toContain('NodeClaim')
  })
})
