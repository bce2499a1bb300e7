import { describe, expect, it } from 'vitest'
import { needsNoGpu } from '#src/reading/template.ts'
import { cpuTemplate, gpuTemplate, serving, tuning } from '../rules/sample.ts'

const containers = [{ name: 'llm' }]
const withSpec = (spec: unknown) => needsNoGpu({ ...serving, inference: { template: { spec } } })

describe('a Workspace that needs no GPU', () => {
  it('serves a template none of whose containers asks for a device', () => {
    expect(needsNoGpu({ ...serving, inference: cpuTemplate })).toBe(true)
    expect(withSpec({ containers, initContainers: [{ name: 'fetch', resources: { limits: { cpu: 1 } } }] })).toBe(true)
  })

  it.for([
    ['a GPU', gpuTemplate.template?.['spec']],
    ['a slice of a GPU', { containers: [{ resources: { requests: { 'nvidia.com/mig-1g.5gb': 1 } } }] }],
    ["another vendor's", { containers: [{ resources: { limits: { 'aws.amazon.com/neuron': 1 } } }] }],
    ['a GPU to begin with', { containers, initContainers: [{ resources: { limits: { 'amd.com/gpu': 1 } } }] }],
    ['a claimed device', { containers, resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] }],
  ] as const)('does not ask for %s', ([, spec]) => {
    expect(withSpec(spec)).toBe(false)
  })

  it('is neither one of a preset nor one that tunes nor one whose template cannot be read', () => {
    expect(needsNoGpu(serving)).toBe(false)
    expect(needsNoGpu(tuning)).toBe(false)
    expect(withSpec('none')).toBe(false)
  })
})
