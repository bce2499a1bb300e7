import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'plan-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs the command on files with these texts. */
function plan(...texts: string[]) {
  const files = texts.map((text, index) => {
    const file = join(folder, `${index}.yaml`)
    writeFileSync(file, text)
    return file
  })
  return planFiles(...files)
}

function planFiles(...files: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'src/cli/plan.ts'), ...files], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const workspace = `apiVersion: kaito.sh/v1alpha1
kind: Workspace
metadata: {name: serve}
resource: {instanceType: Standard_NC24ads_A100_v4, labelSelector: {matchLabels: {apps: serve}}}
inference:
  preset: {name: phi-4-mini-instruct}
  config: engine
`
const configMap = (yaml: string, namespace = 'default') => `apiVersion: v1
kind: ConfigMap
metadata: {name: engine, namespace: ${namespace}}
data:
  inference_config.yaml: |
    ${yaml}
`
const WRONG = 'vllm: {tensor-parallel-size: 8}'

describe('npm run plan', () => {
  it('uses the ConfigMaps beside a Workspace, in the same file or another, of its namespace', () => {
    expect(plan(workspace).status).toBe(0)
    expect(plan(`${configMap(WRONG)}---\n${workspace}`).stdout).toContain('refused')
    expect(plan(workspace, `${configMap(WRONG)}---\n${workspace}`).status).toBe(1)
    expect(plan(`${configMap(WRONG, 'elsewhere')}---\n${workspace}`).status).toBe(0)
    const withBraces = plan(`${configMap(`${WRONG} # {{ }}`)}---\n${workspace}`)
    expect([withBraces.status, withBraces.stdout]).toEqual([1, expect.not.stringContaining('template')])
    expect(plan(`${configMap('vllm: {}')}---\n${workspace}`).stdout).toContain('admitted')
  })

  it('is green for a file of ConfigMaps beside one with a Workspace, and names those that are in no file', () => {
    const beside = plan(workspace, configMap('vllm: {}'))
    expect([beside.status, beside.stdout]).toEqual([0, expect.not.stringContaining('not checked')])
    expect(plan(workspace).stdout).toContain('not checked: ConfigMap engine is in none of the files')
    expect(plan(configMap('vllm: {}')).status).toBe(1)
  })

  it('refuses fields that are none, as kubectl does, and says what was meant', () => {
    const { status, stdout } = plan(workspace.replace('instanceType', 'instancetype').replace('name: phi', 'nam: phi'))
    expect(status).toBe(1)
    expect(stdout).toContain('resource.instancetype: there is no such field; did you mean instanceType?')
    expect(stdout).toContain('inference.preset.nam: there is no such field; did you mean name?')
  })

  it('says how it is called, without a stack', () => {
    for (const [flag, code] of [
      ['--help', 0],
      ['--setings', 64],
    ] as const) {
      const { status, stdout, stderr } = planFiles(flag)
      expect([status, `${stdout}${stderr}`]).toEqual([code, expect.stringContaining('usage: npm run plan')])
      expect(stderr).not.toContain('    at ')
    }
  })

  it('reads a List as its items', () => {
    const item = workspace.replaceAll(/^/gm, '    ').replace('    apiVersion', '  - apiVersion')
    const { status, stdout } = plan(
      `apiVersion: v1\nkind: List\nitems:\n${item.replace('phi-4-mini-instruct', 'no-such-model')}`,
    )
    expect(status).toBe(1)
    expect(stdout).toContain('Workspace serve: refused')
  })

  it('reads a list of Workspaces, whose items need not say what they are', () => {
    const { metadata, resource, inference } = parse(workspace)
    const items = [{ metadata, resource, inference: { ...inference, preset: { name: 'no-such-model' } } }]
    const { status, stdout } = plan(JSON.stringify({ apiVersion: 'kaito.sh/v1alpha1', kind: 'WorkspaceList', items }))
    expect([status, stdout]).toEqual([1, expect.stringContaining('Workspace serve: refused')])
  })

  it('reads anchors and aliases, but no bomb of them', () => {
    const shared = workspace
      .replace('metadata: {name: serve}', 'metadata: {name: serve, labels: &labels {apps: serve}}')
      .replace('{apps: serve}}}', '*labels}}')
    expect(shared).toContain('*labels')
    expect(plan(shared).stdout).toContain('Workspace serve: admitted')
    const tens = Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]`)
    const { status, stdout } = plan(`kind: Workspace\na0: &a0 [x]\n${tens.join('\n')}\n`)
    expect([status, stdout]).toEqual([1, expect.stringMatching(/0\.yaml: .*alias/)])
  })

  it('judges the other files where one cannot be read', () => {
    const readable = join(folder, 'readable.yaml')
    writeFileSync(readable, workspace)
    const { status, stdout, stderr } = planFiles(join(folder, 'not-there.yaml'), folder, readable)
    expect([status, stderr]).toEqual([1, ''])
    expect(stdout).toMatch(/not-there\.yaml: it cannot be read: ENOENT/)
    expect(stdout).toContain(`${folder}: it cannot be read: EISDIR`)
    expect(stdout).toContain('Workspace serve: admitted')
  })

  it('says which apiVersion an API server would ask for', () => {
    expect(plan(workspace.replace('v1alpha1', 'v1beta1')).stdout).toContain(
      'warning: its apiVersion is kaito.sh/v1beta1: write kaito.sh/v1alpha1',
    )
    expect(plan(workspace).stdout).not.toContain('apiVersion')
    const stranger = plan(workspace.replace('kaito.sh/v1alpha1', 'example.com/v1'))
    expect([stranger.status, stranger.stdout]).toEqual([1, expect.stringContaining('a Workspace of example.com/v1')])
  })

  it.for<[string, string, RegExp]>([
    [
      'a kind in lower case',
      workspace.replace('kind: Workspace', 'kind: workspace'),
      /its kind is workspace: write Workspace/,
    ],
    [
      'an InferenceSet',
      'apiVersion: kaito.sh/v1alpha1\nkind: InferenceSet\nmetadata: {name: a}\n',
      /no Workspace in it; it has InferenceSet/,
    ],
    ['an empty file', '', /no Workspace in it; it is empty/],
    ['a tab', 'kind: Workspace\nmetadata:\n\tname: tabbed\n', /[Tt]ab.* line 3/],
    [
      'a template that is not filled in',
      workspace.replace('Standard_NC24ads_A100_v4', '{{ .Values.sku }}'),
      /0\.yaml: it is a template; render it first/,
    ],
  ])('is not green for %s, and says what was read', ([, text, words]) => {
    const { status, stdout } = plan(text)
    expect(status).toBe(1)
    expect(stdout).toMatch(words)
  })
})
