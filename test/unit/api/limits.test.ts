import { describe, expect, it } from 'vitest'
import { workspaceCrd } from '#src/api/crd.ts'
import { LIMIT } from '#src/api/limits.ts'
import { isJsonObject } from '#src/lib/json.ts'
import { isLargerThan } from '#src/lib/json-size.ts'
import { admit } from '#src/rules/admit.ts'
import { withDefaults } from '#src/rules/defaults.ts'
import { needs } from '#src/rules/needs.ts'
import { annotated, facts, from, named, nodesWith, servingWith, tuning, tuningWith } from '../rules/sample.ts'

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

const long = '_'.repeat(1_600_000)
const many = <T>(each: (index: number) => T, length = 40_000) => Array.from({ length }, (_, index) => each(index))

/** Each faulty in a way that rules would tell, too, if they read it. */
const LARGE = [
  ['a long Secret name', tuningWith({ output: { image: 'a.io/b:1', imagePushSecret: long } })],
  ['a long image', tuningWith({ output: { image: long } })],
  ['a long token name', servingWith({ preset: { name: 'phi-4', presetOptions: { modelAccessSecret: long } } })],
  ['many URLs', tuningWith({ input: { urls: many(() => 'file:///x') } })],
  ['many labels', nodesWith({ labelSelector: { matchLabels: Object.fromEntries(many((n) => [`${n}/`, 'x'])) } })],
  ['a long key of a label', nodesWith({ labelSelector: { matchLabels: { [long]: 'x' } } })],
  ['a large template', servingWith({ template: { spec: { containers: [{ name: long }] } } })],
  ['a template of many values', servingWith({ template: { spec: many(() => 0) } })],
  ['a large volume source', tuningWith({ input: { volumeSource: { nfs: { path: long } } } })],
  ['many values in fields that nobody knows', servingWith({ ...{ other: many(() => 0) }, preset: { name: 'none' } })],
  [
    'many parts that are within the limits each',
    servingWith({
      adapters: many((n) => ({ source: { name: `${n}`, urls: many(() => long.slice(0, 1000), 100) } }), 10),
    }),
  ],
  ['a long annotation', annotated({ 'kaito.sh/runtime': long })],
  ['a long name', named(long)],
  ['two billion nodes', nodesWith({ count: 2_000_000_000 })],
] as const

const origins = (findings: readonly { readonly origin: string }[]) => findings.map(({ origin }) => origin)

describe('admission, asked by somebody who is no API server', () => {
  it.for(LARGE)('refuses %s by its shape, before any rule reads it', ([, workspace]) => {
    const { errors, warnings } = admit(workspace, facts)
    expect(origins(errors)).toEqual(['workspace.shape'])
    expect(warnings).toEqual([])
    expect(JSON.stringify(errors).length).toBeLessThan(1000)
  })

  it.for(LARGE)('reads %s no more for an old object that shares it', ([, old]) => {
    const workspace = nodesWith({ preferredNodes: ['a'] }, old)
    const { errors, warnings, plan } = admit(workspace, { ...facts, ...from(old), dryRun: true }, () => ['a plan'])
    expect(origins(errors)).toEqual(['workspace.shape'])
    expect([warnings, plan]).toEqual([[], []])
    expect(needs(workspace)).toEqual({ configMaps: [], secrets: [], tokens: [], namespaces: [] })
    expect(withDefaults(workspace, { ...facts, ...from(old) })).toBe(workspace)
  })

  it.for(LARGE)('forgives nothing for an old object with %s', ([, old]) => {
    const wrong = tuningWith({ preset: { name: 'nothing-like-it' }, config: 'x'.repeat(64) })
    const alone = admit(wrong, facts)
    expect(origins(alone.errors)).toContain('preset.known')
    expect(admit(wrong, { ...facts, ...from(old) })).toEqual(alone)
  })
})

describe('an object that was stored before there was a limit', () => {
  const touched = { labels: { a: 'b' }, finalizers: ['x'], annotations: { 'kaito.sh/restart': '1' } }

  it.for(LARGE.filter(([what]) => what !== 'a long annotation' && what !== 'a long name'))(
    'with %s may change its metadata, with a warning and unread, and go',
    ([, old]) => {
      const workspace = { ...old, metadata: { ...old.metadata, ...touched } }
      const { errors, warnings } = admit(workspace, { ...facts, ...from(old) })
      expect(errors).toEqual([])
      expect(origins(warnings)).toEqual(['workspace.shape'])
      expect(warnings[0]?.fix).toContain('kept unchecked')
      const going = { ...old, metadata: { ...old.metadata, deletionTimestamp: '2026-11-28T00:00:00Z' } }
      expect(admit(going, { ...facts, ...from(old) })).toEqual({ errors: [], warnings: [], plan: [] })
    },
  )

  it('may be brought within the limits', () => {
    const old = tuningWith({ input: { urls: many(() => 'https://example.com/data.parquet') } })
    expect(admit(tuning, { ...facts, ...from(old) }).errors).toEqual([])
  })
})

describe('isLargerThan', () => {
  it('looks at no more than the limit, however much there is', () => {
    let reads = 0
    const list = new Proxy(
      many(() => 'x', 100_000),
      {
        get: (target, key, self) => {
          reads++
          return Reflect.get(target, key, self)
        },
      },
    )
    expect(isLargerThan({ list }, { characters: 1_000_000, values: 100 })).toBe(true)
    expect(isLargerThan({ list }, { characters: 400, values: 1000 })).toBe(true)
    expect(reads).toBeLessThan(1000)
  })

  it('counts the characters of the JSON and the values in it', () => {
    const value = { a: ['x', { b: null }], c: true }
    const characters = JSON.stringify(value).length + 1
    expect(isLargerThan(value, { characters: characters + 4, values: 6 })).toBe(false)
    expect(isLargerThan(value, { characters: characters + 4, values: 5 })).toBe(true)
    expect(isLargerThan(value, { characters: characters - 4, values: 6 })).toBe(true)
  })
})
