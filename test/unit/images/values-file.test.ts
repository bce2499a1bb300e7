import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { ImageName } from '#examples/images/recipes.ts'
import { withImages } from '#examples/images/values-file.ts'

const references = new Map<ImageName, string>([
  ['operator', `r.example.com/k/operator@sha256:${'1'.repeat(64)}`],
  ['redis', `r.example.com/k/redis@sha256:${'2'.repeat(64)}`],
  ['trainer', `r.example.com/k/trainer@sha256:${'3'.repeat(64)}`],
  ['server', 'docker.io/vllm/vllm-openai:v1'],
])

const expected = {
  image: { reference: references.get('operator') },
  redis: { image: { reference: references.get('redis') } },
  settings: { images: { trainer: references.get('trainer'), server: references.get('server') } },
}

test('a new file has the four references where the chart looks for them, and says what it is', () => {
  const text = withImages('', references)
  expect(parse(text)).toEqual(expected)
  expect(text).toMatch(/^# .*npm run images/)
})

test('what else is in the file stays, comments included, and the same images change nothing', () => {
  const before = '# ours\nreplicas: 1 # a try\nsettings:\n  nodeProvisioner: byo\nredis:\n'
  const text = withImages(before, references)
  expect(parse(text)).toEqual({
    ...expected,
    replicas: 1,
    settings: { nodeProvisioner: 'byo', ...expected.settings },
  })
  expect(text).toContain('# ours')
  expect(text).toContain('# a try')
  expect(withImages(text, references)).toBe(text)
})

test('some images replace only themselves', () => {
  const operator = new Map<ImageName, string>([['operator', 'r.example.com/k/operator@sha256:new']])
  expect(parse(withImages(withImages('', references), operator))).toEqual({
    ...expected,
    image: { reference: 'r.example.com/k/operator@sha256:new' },
  })
})

test.each([
  ['a: [', /no YAML/],
  ['- a\n- b\n', /no values file/],
  ['imageRegistry: mirror.example.com\n', /imageRegistry.*take that line out/],
  ['settings: aks\n', /settings/],
])('%j is refused instead of overwritten', (text, fault) => {
  expect(() => withImages(text, references)).toThrow(fault)
})
