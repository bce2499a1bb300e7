import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { headlessName, pushJobName, tuningJobName } from '#src/desired/names.ts'
import { tuningRevision } from '#src/desired/run.ts'
import { isDnsLabel } from '#src/lib/dns-label.ts'
import { metadata, tuningWorkspace } from '#test/support/worlds.ts'

const named = (name: string, uid = 'u'): Workspace => ({ ...tuningWorkspace(), metadata: { ...metadata(name), uid } })

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/)

describe('names of what a Workspace owns', () => {
  it('are DNS labels of at most 63 characters for every name that a Workspace may have', () => {
    fc.assert(
      fc.property(label, (name) => {
        const workspace = named(name)
        for (const made of [tuningJobName(workspace), pushJobName(workspace), headlessName(workspace)])
          expect(isDnsLabel(made), made).toBe(true)
      }),
    )
  })

  it('of long names that begin alike differ', () => {
    const [a, b] = [named(`${'a'.repeat(62)}b`), named(`${'a'.repeat(62)}c`)]
    expect(headlessName(a)).not.toBe(headlessName(b))
    const sameRun = (name: string) => tuningJobName(named(name)).slice(0, -10)
    expect(sameRun(a.metadata.name)).not.toBe(sameRun(b.metadata.name))
  })

  it('hold the whole name of a Workspace that is short enough', () => {
    expect(tuningJobName(named('workspace-phi-3-mini'))).toMatch(/^workspace-phi-3-mini-tuning-[0-9a-f]{10}$/)
    expect(headlessName(named('phi-3'))).toBe('phi-3-headless')
  })
})

describe('the revision of a run', () => {
  const base = tuningWorkspace()
  const changed = (more: Partial<Workspace>) => tuningRevision({ ...base, ...more })

  it('does not depend on the order of keys, labels, annotations, the status or the count', () => {
    const { method, preset, input, output } = { ...base.tuning }
    if (input === undefined || output === undefined || preset === undefined || method === undefined)
      throw new Error('unreachable')
    expect(changed({ tuning: { output, input, method, preset } })).toBe(tuningRevision(base))
    expect(
      changed({ metadata: { ...base.metadata, labels: { a: 'b' }, annotations: { c: 'd' }, generation: 7 } }),
    ).toBe(tuningRevision(base))
    expect(changed({ status: { state: 'Running' } })).toBe(tuningRevision(base))
  })

  it.for<[string, Partial<Workspace>]>([
    ['another uid: a Workspace made again', { metadata: { ...base.metadata, uid: 'another' } }],
    [
      'another method',
      { tuning: { ...tuningWorkspace({ method: 'lora' }).tuning } as NonNullable<Workspace['tuning']> },
    ],
    [
      'another instance type',
      { resource: { ...base.resource, labelSelector: {}, instanceType: 'Standard_NC48ads_A100_v4' } },
    ],
    ['other labels', { resource: { labelSelector: { matchLabels: { apps: 'other' } } } }],
  ])('is another for %s', ([, more]) => {
    expect(changed(more)).not.toBe(tuningRevision(base))
  })
})
