import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { admit } from '#src/rules/admit.ts'
import { causes, refusalText, warningLines } from '#src/rules/feedback.ts'
import { denied } from '#webhooks/review.ts'
import { anyFacts, anyWorkspace } from './any-workspace.ts'
import { facts, from, nodesWith, pushed, serving, servingWith, tuning, tuningWith } from './sample.ts'

const ids = (findings: readonly { readonly origin: string }[]) => findings.map(({ origin }) => origin)
const broken = nodesWith({ instanceType: 'totally-bogus', labelSelector: {} })

describe('admit', () => {
  it('reports everything at once, in the order of the list', () => {
    const worst = tuningWith({ method: 'x-method', preset: { name: 'nothing-like-it' }, input: {}, output: {} })
    expect(ids(admit(worst, facts).errors)).toEqual([
      'preset.known',
      'tuning.method',
      'dataset.one-source',
      'output.destination',
    ])
  })

  it('blocks nothing that is being deleted', () => {
    const gone = { ...broken, metadata: { name: 'phi', deletionTimestamp: '2026-11-23T00:00:00Z' } }
    expect(admit(gone, { ...facts, ...from(serving) })).toEqual({ errors: [], warnings: [], plan: [] })
  })

  it('is silent where an update changes labels and finalizers only', () => {
    const patched = { ...broken, metadata: { ...broken.metadata, labels: { a: 'b' }, finalizers: ['x'] } }
    expect(admit(patched, { ...facts, ...from(broken) })).toEqual({ errors: [], warnings: [], plan: [] })
  })

  it('only warns of what was wrong before and has not changed', () => {
    const before = servingWith({ preset: { name: 'phi-2' } })
    const after = servingWith({ preset: { name: 'phi-2' }, adapters: [{ source: { name: 'a', image: 'a.io/b:1' } }] })
    const { errors, warnings } = admit(after, { ...facts, ...from(before) })
    expect(errors).toEqual([])
    expect(ids(warnings)).toContain('preset.retired')
  })

  it('refuses what becomes wrong, beside what was wrong before', () => {
    const before = servingWith({ preset: { name: 'phi-2' } })
    const after = servingWith({ preset: { name: 'phi-2' }, adapters: [{ source: { name: 'B', image: 'a.io/b:1' } }] })
    expect(ids(admit(after, { ...facts, ...from(before) }).errors)).toEqual(['adapters.name'])
  })

  it('refuses on update what upstream lets through there', () => {
    const after = tuningWith({
      input: { urls: ['http://169.254.169.254/x'], volumeSource: { emptyDir: {} } },
      output: {},
    })
    expect(ids(admit(after, { ...facts, ...from(tuning) }).errors)).toEqual([
      'dataset.one-source',
      'dataset.url',
      'output.destination',
    ])
  })

  it('asks for the plan on a dry run that is not refused, and only then', () => {
    const plan = () => ['1 node']
    expect(admit(serving, { ...facts, dryRun: true }, plan).plan).toEqual(['1 node'])
    expect(admit(serving, facts, plan).plan).toEqual([])
    expect(admit(broken, { ...facts, dryRun: true }, plan).plan).toEqual([])
  })

  it('never throws, and everything it says can be sent', () => {
    fc.assert(
      fc.property(anyWorkspace, anyFacts, (workspace, around) => {
        const known = { ...facts, ...around }
        const { errors, warnings } = admit(workspace, known)
        const sent = JSON.stringify({
          causes: causes(errors),
          message: refusalText(errors),
          warnings: warningLines(warnings),
        })
        expect(sent).not.toContain('undefined')
        for (const line of warningLines(warnings)) expect(line.length).toBeLessThanOrEqual(256)
      }),
      { numRuns: 1000 },
    )
  })

  it('says that the CRD is another one where an object has not its shape, and nothing worse', () => {
    const odd = { ...serving, inference: { ...serving.inference, adapters: [null, 7] } } as unknown as Workspace
    expect(ids(admit(odd, facts).errors)).toContain('workspace.shape')
    expect(admit(odd, facts).errors[0]).toMatchObject({ path: 'inference.adapters[0]', detail: 'must be object' })
    expect(admit(serving, { ...facts, ...from(odd) }).errors).toEqual([])
  })

  it('never refuses to keep an object as it is, whatever is wrong with it', () => {
    fc.assert(
      fc.property(anyWorkspace, anyFacts, (workspace, around) => {
        const known = { ...facts, ...around }
        const touched: Workspace = {
          ...workspace,
          metadata: { ...workspace.metadata, annotations: { a: 'b', ...workspace.metadata.annotations } },
        }
        expect(ids(admit(touched, { ...known, ...from(workspace) }).errors)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

describe('feedback', () => {
  const { errors } = admit(pushed('ACR_REPO_HERE.azurecr.io/IMAGE_NAME_HERE:0.0.1', 'ACR_REGISTRY_SECRET_HERE'), facts)

  it('gives programs the field, a reason they know and the message without the field', () => {
    expect(causes(errors)[0]).toEqual({
      reason: 'FieldValueInvalid',
      field: 'tuning.output.image',
      message:
        '"ACR_REPO_HERE.azurecr.io/IMAGE_NAME_HERE:0.0.1": this is the placeholder from the documentation; write your registry, e.g. myacr.azurecr.io/adapters/phi-3:0.0.1 [image.placeholder]',
    })
  })

  it('gives people one line for one problem, and a count for several', () => {
    expect(refusalText(errors.slice(0, 1))).toMatch(/^tuning\.output\.image: /)
    expect(refusalText(errors).split('\n')).toHaveLength(3)
    expect(refusalText([])).toBe('')
  })

  it('does not list more problems than a person reads', () => {
    const [error] = errors
    const text = refusalText(
      Array.from({ length: 40 }, () => error ?? { type: 'Invalid', path: '', detail: '', origin: '' }),
    )
    expect(text).toMatch(/^40 problems:/)
    expect(text).toMatch(/… and \d+ more$/)
    expect(text.split('\n').length).toBeLessThanOrEqual(27)
  })

  it('stays small whatever is wrong, in the answer as a whole', () => {
    const error = { type: 'Invalid', path: `p[${'k'.repeat(5000)}]`, value: 'v'.repeat(5000), origin: 'a.b' } as const
    const many = Array.from({ length: 1000 }, (_, index) => ({ ...error, detail: `${index} ${'d'.repeat(5000)}` }))
    for (const list of [many, many.slice(0, 1), many.map((each) => ({ ...each, path: 'p', detail: 'short' }))]) {
      const kind = { group: 'kaito.sh', version: 'v1alpha1', kind: 'Workspace' }
      const resource = { group: 'kaito.sh', version: 'v1alpha1', resource: 'workspaces' }
      const answer = denied({ uid: 'u', kind, resource, operation: 'CREATE', name: 'phi' }, list)
      expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(8192)
      expect(answer.response.status?.details?.causes?.length).toBeLessThanOrEqual(25)
      if (list.length > 1) expect(answer.response.status?.message).toMatch(/… and \d+ more$/)
    }
  })

  it('cuts warnings to what kubectl shows, drops repeats and stops at 4096 characters', () => {
    const warning = (detail: string) => ({ type: 'Invalid', path: 'p', detail, origin: 'a.b' }) as const
    const lines = warningLines([warning('x'.repeat(500)), warning('x'.repeat(500)), warning('short\nline')])
    expect(lines).toHaveLength(2)
    expect(lines[0]).toHaveLength(256)
    expect(lines[1]).toBe('p: short line [a.b]')
    const many = warningLines(Array.from({ length: 50 }, (_, index) => warning(`${index} ${'x'.repeat(300)}`)))
    expect(many.join('').length).toBeLessThanOrEqual(4096)
    expect(many.length).toBeGreaterThan(10)
  })
})
