import { describe, expect, it } from 'vitest'
import { workspaceCrd } from '#src/api/crd.ts'
import { LIMIT } from '#src/api/limits.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { admit } from '#src/rules/admit.ts'
import { facts, from, nodesWith, serving, servingWith, tuningWith } from '../rules/sample.ts'

const schema = (workspaceCrd()['spec'] as { versions: { schema: { openAPIV3Schema: unknown } }[] }).versions[0]?.schema

/** Paths of what the schema lets be of any size. What is somebody else's (`open`) has no schema to bound it. */
function unbounded(node: unknown, path: string): string[] {
  if (!isJsonObject(node)) return []
  const here =
    (node['type'] === 'string' && !('maxLength' in node) && !('enum' in node)) ||
    (node['type'] === 'array' && !('maxItems' in node)) ||
    (isJsonObject(node['additionalProperties']) && !('maxProperties' in node))
  const inside = [
    ...Object.entries(isJsonObject(node['properties']) ? node['properties'] : {}),
    ['[]', node['items']] as const,
    ['{}', node['additionalProperties']] as const,
  ]
  return [...(here ? [path] : []), ...inside.flatMap(([name, child]) => unbounded(child, `${path}.${name}`))]
}

describe('the CRD', () => {
  it('bounds every string, list and map', () => {
    expect(unbounded(schema?.openAPIV3Schema, '')).toEqual([])
  })

  it('bounds the number of nodes', () => {
    expect(JSON.stringify(schema)).toContain(`"minimum":1,"maximum":${LIMIT.nodes}`)
  })
})

const long = '_'.repeat(2_900_000)

describe('admission, asked by somebody who is no API server', () => {
  it.for([
    ['a long Secret name', tuningWith({ output: { image: 'a.io/b:1', imagePushSecret: long } })],
    ['a long image', tuningWith({ output: { image: long } })],
    ['a long token name', servingWith({ preset: { name: 'phi-4', presetOptions: { modelAccessSecret: long } } })],
    ['many URLs', tuningWith({ input: { urls: Array.from({ length: 30_000 }, () => 'https://a.example/x') } })],
    [
      'many labels',
      nodesWith({
        labelSelector: { matchLabels: Object.fromEntries(Array.from({ length: 40_000 }, (_, n) => [`${n}/`, 'x'])) },
      }),
    ],
    ['a large template', servingWith({ template: { spec: { containers: [{ name: long }] } } })],
    ['a large volume source', tuningWith({ input: { volumeSource: { nfs: { path: long } } } })],
    ['two billion nodes', nodesWith({ count: 2_000_000_000 })],
  ] as const)('refuses %s by its shape, before any rule reads it', ([, workspace]) => {
    const { errors } = admit(workspace, facts)
    expect(errors.map(({ origin }) => origin)).toEqual(['workspace.shape'])
    expect(JSON.stringify(errors).length).toBeLessThan(1000)
  })

  it('leaves alone what was stored before there was a limit, as long as it stays', () => {
    const before = tuningWith({ output: { image: 'a.io/b:1', imagePushSecret: 'x'.repeat(1000) } })
    const after = { ...before, resource: { ...before.resource, labelSelector: { matchLabels: { apps: 'other' } } } }
    const { errors } = admit(after, { ...facts, ...from(before) })
    expect(errors.map(({ origin }) => origin)).not.toContain('workspace.shape')
    expect(admit(before, { ...facts, ...from(serving) }).errors.map(({ origin }) => origin)).toContain(
      'workspace.shape',
    )
  })
})
