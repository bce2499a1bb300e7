import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { workspaceCrd } from '#src/api/crd.ts'
import { asShapedWorkspace } from '#src/api/validate.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const examples = globSync('examples/*.yaml', { cwd: ROOT })

describe('the shape of a Workspace', () => {
  it.each(examples)('is that of %s', (file) => {
    expect(asShapedWorkspace(parse(readFileSync(join(ROOT, file), 'utf8')))).toMatchObject({ ok: true })
  })

  it('is refused with every path and what would be right', () => {
    const shaped = asShapedWorkspace({
      metadata: {},
      resource: { count: 0, labelSelector: { matchLabels: { a: 1 } } },
      tuning: { preset: { name: 'phi-4', accessMode: 'secret' }, input: { urls: [7] }, output: {} },
    })
    expect(shaped).toEqual({
      ok: false,
      reason: [
        'resource.count: must be >= 1',
        'resource.labelSelector.matchLabels.a: must be string',
        'tuning.preset.accessMode: must be equal to one of the allowed values: public,private',
        'tuning.input.urls[0]: must be string',
      ],
    })
  })

  it('has a name and no spec', () => {
    const shaped = asShapedWorkspace({ metadata: {}, spec: {} })
    expect(shaped).toMatchObject({ ok: false })
    expect(!shaped.ok && shaped.reason.map((problem) => problem.split(':')[0])).toEqual(['metadata.name', 'spec'])
  })

  it('comes from the schema that the CRD is printed from', () => {
    const text = JSON.stringify(workspaceCrd())
    for (const field of ['labelSelector', 'imagePushSecret', 'volumeSource', 'modelAccessSecret', 'lossHistory']) {
      expect(text).toContain(`"${field}"`)
    }
  })
})
