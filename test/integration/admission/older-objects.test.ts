import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIMIT } from '#src/api/limits.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { facts, nodesWith, serving, tuningWith } from '#test/unit/rules/sample.ts'
import { type AdmissionRig, startAdmissionRig, until, workspacesIn } from './rig.ts'
import { manifest } from './row-request.ts'

const MERGE = 'application/merge-patch+json'
const APPLY = 'application/apply-patch+yaml'
const DEFINITION = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/workspaces.kaito.sh'

const named = (name: string, workspace: Workspace): Workspace => ({ ...workspace, metadata: { name } })
const labels = Object.fromEntries(Array.from({ length: LIMIT.selectorEntries + 8 }, (_, n) => [`label-${n}`, 'x']))

/** Each over a limit that there was none of when it was stored: of the definition, or of admission alone. */
const OLDER: readonly Workspace[] = [
  named(
    'many-urls',
    tuningWith({ input: { urls: Array.from({ length: LIMIT.urls + 1 }, () => 'https://a.example/x') } }),
  ),
  named('many-labels', nodesWith({ labelSelector: { matchLabels: labels } })),
  named('many-nodes', nodesWith({ count: LIMIT.nodes + 44 })),
  named('long-secret', tuningWith({ output: { image: 'a.io/b:1', imagePushSecret: 'x'.repeat(1000) } })),
  named('large-template', {
    ...serving,
    inference: { template: { spec: { containers: [{ name: 'c', image: 'c', args: ['x'.repeat(LIMIT.openJson)] }] } } },
  }),
]

/** What a definition without limits has instead of this one. */
function loosened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(loosened)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !(/^(max|min)(Items|Length|Properties|imum)$/.test(key) && typeof value === 'number'))
      .map(([key, value]) => [key, loosened(value)]),
  )
}

describe('objects that were stored under a looser definition and without rules', () => {
  let rig: AdmissionRig
  let path: string

  beforeAll(async () => {
    rig = await startAdmissionRig()
    const namespace = await rig.namespaceOf(facts.policy)
    path = workspacesIn(namespace)
    const strict = (await rig.api.must('GET', DEFINITION)).spec
    const replace = async (spec: unknown, isInForce: (code: number) => boolean) => {
      await rig.api.must('PATCH', DEFINITION, { spec }, MERGE)
      const probe = manifest(named('probe', OLDER[0] ?? serving), namespace)
      // Several servings may hold the old definition for a moment.
      await until('the definition is not in force', async () =>
        isInForce((await rig.api.call('POST', `${path}?dryRun=All`, probe)).code),
      )
    }
    await rig.unchecked(async () => {
      await replace({ versions: loosened(strict.versions) }, (code) => code === 201)
      for (const workspace of OLDER) await rig.api.must('POST', path, manifest(workspace, namespace))
      await replace({ versions: strict.versions }, (code) => code === 422)
    })
  }, 600_000)

  afterAll(() => rig?.stop())

  const change = (name: string, patch: unknown) => rig.api.call('PATCH', `${path}/${name}`, patch, MERGE)

  describe.for(OLDER.map(({ metadata }) => metadata.name))('%s', (name) => {
    it('can be labelled, annotated and given finalizers, by a patch and by an apply', async () => {
      const metadata = { labels: { a: 'b' }, annotations: { 'kaito.sh/restart': '1' }, finalizers: ['a.b/c'] }
      const { code, warnings } = await change(name, { metadata })
      expect(code).toBe(200)
      expect(String(warnings)).toContain('[workspace.shape]')
      const applied = { apiVersion: 'kaito.sh/v1alpha1', kind: 'Workspace', metadata: { name, labels: { c: 'd' } } }
      expect((await rig.api.call('PATCH', `${path}/${name}?fieldManager=gitops`, applied, APPLY)).code).toBe(200)
    })

    it('can be written by its operator: a status, and its own finalizer', async () => {
      const status = { status: { state: 'Pending', observedGeneration: 1 } }
      expect((await rig.api.call('PATCH', `${path}/${name}/status`, status, MERGE)).code).toBe(200)
      const finalizers = ['a.b/c', 'workspace.finalizer.kaito.sh']
      expect((await change(name, { metadata: { finalizers } })).code).toBe(200)
    })

    it('is not changed in what it asks for before that is within the limits', async () => {
      const { code, text } = await change(name, { resource: { preferredNodes: ['a'] } })
      expect(code).toBe(422)
      // The API server itself looks only at what has changed.
      expect(text).toContain('[workspace.shape]')
    })

    it('can be deleted, finalizers and all', async () => {
      await rig.api.must('DELETE', `${path}/${name}`)
      expect((await change(name, { metadata: { finalizers: null } })).code).toBe(200)
      expect((await rig.api.call('GET', `${path}/${name}`)).code).toBe(404)
    })
  })

  it('are no way in for others: nothing like them is created', async () => {
    const again = manifest(OLDER[0] ?? serving, 'team')
    expect((await rig.api.call('POST', path, again)).code).toBe(422)
  })
})
