import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Workspace } from '#src/api/workspace.ts'
import { facts, serving, servingWith, tuningWith } from '#test/unit/rules/sample.ts'
import { type AdmissionRig, startAdmissionRig, workspacesIn } from './rig.ts'
import { manifest } from './row-request.ts'

const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'examples')
const example = (name: string) => join(EXAMPLES, `${name}.yaml`)
const MERGE = 'application/merge-patch+json'

describe('what people see of admission', () => {
  let rig: AdmissionRig
  let namespace: string
  let path: string

  beforeAll(async () => {
    rig = await startAdmissionRig()
    namespace = await rig.namespaceOf(facts.policy)
    path = workspacesIn(namespace)
  }, 600_000)

  afterAll(() => rig?.stop())

  const kubectl = (...args: string[]) => {
    const { kubectl: program, kubeconfig } = rig.plane
    return new Promise<{ code: number; out: string; err: string }>((resolve) => {
      execFile(program, ['--kubeconfig', kubeconfig, '-n', namespace, ...args], (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      )
    })
  }
  const create = (workspace: Workspace) => rig.api.must('POST', path, manifest(workspace, namespace))
  const createUnchecked = (workspace: Workspace) => rig.unchecked(() => create(workspace))
  const change = (name: string, patch: unknown) => rig.api.call('PATCH', `${path}/${name}`, patch, MERGE)
  const remove = (name: string) => rig.api.must('DELETE', `${path}/${name}`)

  describe("the seed's manifests with kubectl apply", () => {
    it('admits the inference of phi-3 and names the replacement of its retired type', async () => {
      const { code, out, err } = await kubectl('apply', '-f', example('inference-phi-3'))
      expect([code, out.trim()]).toEqual([0, 'workspace.kaito.sh/workspace-phi-3-mini created'])
      expect(err).toMatch(/^Warning: resource\.instanceType: .*use Standard_NV36ads_A10_v5.*\[instance\.retired\]$/m)
      await remove('workspace-phi-3-mini')
    })

    it.each([
      ['tuning-phi-3-literal', ['image.placeholder', 'secret.placeholder']],
      ['tuning-phi-3-128k-literal', ['image.placeholder', 'secret.placeholder']],
      ['inference-phi-3-adapter-literal', ['image.placeholder']],
    ])('refuses %s for its placeholders and nothing else', async (name, rules) => {
      const { code, err } = await kubectl('apply', '-f', example(name))
      expect(code).toBe(1)
      const refusal = err.split('\n').filter((line) => !line.startsWith('Warning:'))
      expect(refusal.join('\n').match(/\[[a-z-]+\.[a-z-]+\]/g)).toEqual(rules.map((id) => `[${id}]`))
      expect(err).toContain('this is the placeholder from the documentation')
    })
  })

  it('refuses for all reasons at once, one cause for each', async () => {
    const worst = tuningWith({ method: 'x-method', preset: { name: 'nothing-like-it' }, input: {}, output: {} })
    const { code, json } = await rig.api.call('POST', path, manifest(worst, namespace))
    expect([code, json.reason, json.details.kind, json.details.name]).toEqual([422, 'Invalid', 'Workspace', 'phi'])
    const causes: { field: string; reason: string; message: string }[] = json.details.causes
    expect(causes.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
      'tuning.preset.name FieldValueNotSupported',
      'tuning.method FieldValueNotSupported',
      'tuning.input.urls FieldValueRequired',
      'tuning.output.image FieldValueRequired',
    ])
    for (const { message } of causes) expect(json.message).toContain(message)
  })

  it('shows the plan and its price on a server-side dry run, and creates nothing', async () => {
    const { code, err } = await kubectl('apply', '--dry-run=server', '-f', example('inference-phi-3'))
    expect(code).toBe(0)
    expect(err).toMatch(/^Warning: plan: 1 x Standard_NC6s_v3 \(1 x NVIDIA V100, 16 GiB\)/m)
    expect(err).toMatch(/^Warning: plan: creates 1 NodeClaim, StatefulSet\/workspace-phi-3-mini/m)
    expect((await rig.api.call('GET', `${path}/workspace-phi-3-mini`)).code).toBe(404)
    const priced = await rig.api.call('POST', `${path}?dryRun=All`, manifest(serving, namespace))
    expect(String(priced.warnings)).toMatch(/plan: about \$\d+\.\d\d an hour/)
    const real = await rig.api.call('POST', path, manifest(serving, namespace))
    expect([real.code, String(real.warnings ?? '')]).toEqual([201, ''])
    await remove('phi')
  })

  it.each([
    ['apply', []],
    ['server-side apply', ['--server-side']],
  ])('is quiet when %s is repeated: nothing is written', async (_how, flags) => {
    const file = example('inference-phi-3')
    const version = async () => (await rig.api.must('GET', `${path}/workspace-phi-3-mini`)).metadata.resourceVersion
    await kubectl('apply', ...flags, '-f', file)
    const first = await version()
    for (let repeat = 0; repeat < 3; repeat++) expect((await kubectl('apply', ...flags, '-f', file)).code).toBe(0)
    expect(await version()).toBe(first)
    await remove('workspace-phi-3-mini')
  })

  it('keeps the type that was chosen for a manifest without one, however often it is applied', async () => {
    const { instanceType: _, count: __, ...resource } = serving.resource ?? { labelSelector: {} }
    const applied = () =>
      rig.api.must(
        'PATCH',
        `${path}/phi?fieldManager=gitops`,
        manifest({ ...serving, resource }, namespace),
        'application/apply-patch+yaml',
      )
    const first = await applied()
    expect(first.resource.instanceType).toMatch(/^Standard_/)
    expect(first.metadata.annotations['kaito.sh/defaulted-because']).toContain('cheapest')
    const again = await applied()
    expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    await remove('phi')
  })

  describe('an object that was invalid before there were rules', () => {
    const invalid = { ...servingWith({ preset: { name: 'phi-2' } }), metadata: { name: 'old' } }

    it('can be labelled without a word', async () => {
      await createUnchecked(invalid)
      const { code, warnings } = await change('old', { metadata: { labels: { a: 'b' }, finalizers: ['a.b/c'] } })
      expect([code, warnings]).toEqual([200, undefined])
    })

    it('can be changed elsewhere, with a warning of what is still wrong', async () => {
      const { code, warnings } = await change('old', {
        inference: { adapters: [{ source: { name: 'a', image: 'a.io/b:1' } }] },
      })
      expect(code).toBe(200)
      expect(String(warnings)).toContain('[preset.retired]')
    })

    it('cannot be made worse', async () => {
      const { code, json } = await change('old', {
        inference: { adapters: [{ source: { name: 'B', image: 'a.io/b:1' } }] },
      })
      expect(code).toBe(422)
      expect(json.details.causes.map(({ field }: { field: string }) => field)).toEqual([
        'inference.adapters[0].source.name',
      ])
    })

    it('can always be deleted, finalizers and all', async () => {
      await remove('old')
      expect((await change('old', { metadata: { finalizers: null } })).code).toBe(200)
      expect((await rig.api.call('GET', `${path}/old`)).code).toBe(404)
    })
  })

  it('refuses a change of what cannot change, and says what it was', async () => {
    await create(serving)
    const { code, json } = await change('phi', { resource: { instanceType: 'Standard_NC40ads_H100_v5' } })
    expect(code).toBe(422)
    expect(json.message).toContain('it was "Standard_NC24ads_A100_v4"')
    await remove('phi')
  })

  it('says that a Workspace has no spec', async () => {
    const { code, json } = await rig.api.call('POST', path, {
      ...manifest(serving, namespace),
      spec: { inference: {} },
    })
    expect(code).toBe(422)
    expect(json.message).toContain(
      'a Workspace has no `spec`: write `resource`, `inference` and `tuning` at the top level',
    )
  })

  it('believes a ConfigMap as soon as it is corrected, however recently it was read', async () => {
    const configMap = `/api/v1/namespaces/${namespace}/configmaps`
    const data = (text: string) => ({ data: { 'training_config.yaml': text } })
    const configured = manifest(tuningWith({ config: 'training' }), namespace)
    const asked = () => rig.api.call('POST', path, configured)
    // Not there yet: it may be applied next, and Flux applies nothing at all where a dry run refuses.
    const early = await asked()
    expect(early.code).toBe(201)
    expect(String(early.warnings)).toContain('[config.exists]')
    await remove('phi')
    const bad = data('training_config: {LoraConfig: {r: -1}}')
    await rig.api.must('POST', configMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'training' },
      ...bad,
    })
    expect((await asked()).json.message).toContain('[training-config.valid]')
    await rig.api.must('PATCH', `${configMap}/training`, data('training_config: {LoraConfig: {r: 8}}'), MERGE)
    expect((await asked()).code).toBe(201)
    await remove('phi')
  })

  it('admits with a warning what cannot be looked up in time', async () => {
    rig.unreadable.add('unanswered')
    const { code, warnings } = await rig.api.call(
      'POST',
      path,
      manifest(tuningWith({ config: 'unanswered' }), namespace),
    )
    expect(code).toBe(201)
    expect(String(warnings)).toContain('[config.unchecked]')
    await remove('phi')
  })
})
