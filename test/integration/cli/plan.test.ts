import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

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
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'src/cli/plan.ts'), ...files], {
    encoding: 'utf8',
  })
  return { status, stdout }
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
    expect(plan(`${configMap('vllm: {}')}---\n${workspace}`).stdout).toContain('admitted')
  })

  it('reads a List as its items', () => {
    const item = workspace.replaceAll(/^/gm, '    ').replace('    apiVersion', '  - apiVersion')
    const { status, stdout } = plan(
      `apiVersion: v1\nkind: List\nitems:\n${item.replace('phi-4-mini-instruct', 'no-such-model')}`,
    )
    expect(status).toBe(1)
    expect(stdout).toContain('Workspace serve: refused')
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
    ['a template that is not filled in', 'kind: Workspace\nmetadata: {name: {{ .Release.Name }}}\n', /0\.yaml: /],
  ])('is not green for %s, and says what was read', ([, text, words]) => {
    const { status, stdout } = plan(text)
    expect(status).toBe(1)
    expect(stdout).toMatch(words)
  })
})
