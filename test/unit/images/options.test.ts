import { expect, test } from 'vitest'
import { type Options, parseOptions } from '#examples/images/options.ts'

function options(...args: readonly string[]): Options {
  const parsed = parseOptions(args)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.options
}

const fault = (...args: readonly string[]) => {
  const parsed = parseOptions(args)
  return parsed.ok ? 'accepted' : parsed.reason
}

test('a registry alone is enough: a cluster with GPUs, whose server is public', () => {
  expect(options('--to', 'registry.example.com/team/kaito')).toEqual({
    host: 'registry.example.com',
    path: 'team/kaito',
    pulledAs: 'registry.example.com/team/kaito',
    kind: 'cuda',
    tool: undefined,
    names: ['operator', 'redis', 'trainer'],
    values: 'kaito-images.yaml',
    plainHttp: false,
  })
})

test.each([
  ['myname', 'docker.io', 'myname'],
  ['registry.example.com/', 'registry.example.com', ''],
  ['registry.example.com:5000/a/b/', 'registry.example.com:5000', 'a/b'],
])('--to %s is %s and %s', (to, host, path) => {
  expect(options('--to', to)).toMatchObject({ host, path })
})

test('all four images are built for a cluster without GPUs, and those that are named otherwise', () => {
  const to = ['--to', 'r.example.com/k']
  expect(options(...to, '--kind', 'cpu').names).toEqual(['operator', 'redis', 'trainer', 'server'])
  expect(options(...to, '--only', 'server, operator').names).toEqual(['operator', 'server'])
})

test('plain HTTP is spoken to loopback addresses, and where it is asked for', () => {
  expect(options('--to', '127.0.0.1:5000/k').plainHttp).toBe(true)
  expect(options('--to', 'localhost:5000/k').plainHttp).toBe(true)
  expect(options('--to', '127.0.0.1.example.com/k').plainHttp).toBe(false)
  expect(options('--to', 'r.example.com/k', '--plain-http').plainHttp).toBe(true)
})

test('nodes may know the place by another name, and values may go to stdout', () => {
  const asked = options('--to', '127.0.0.1:5000/k', '--pulled-as', 'registry.local:5000/k', '--values', '-')
  expect(asked.pulledAs).toBe('registry.local:5000/k')
  expect(asked.values).toBeUndefined()
})

test.each([
  [[], /--to REGISTRY\/PATH is missing/],
  [['--to', 'https://r.example.com/k'], /no scheme.*write r\.example\.com\/k\)/],
  [['--to', 'r.example.com/Kaito'], /--to r\.example\.com\/Kaito/],
  [['--to', 'r.example.com/k', '--kind', 'gpu'], /--kind gpu: choose from cuda, cpu/],
  [['--to', 'r.example.com/k', '--tool', 'podman'], /--tool podman: choose from buildah, docker/],
  [['--to', 'r.example.com/k', '--only', 'operator,vllm'], /--only vllm: choose from operator, redis, trainer, server/],
  [['--to', 'r.example.com/k', '--push'], /--push/],
  [['r.example.com/k'], /r\.example\.com\/k/],
])('%j is refused with what to write', (args, expected) => {
  expect(fault(...args)).toMatch(expected)
})

test('help is no fault', () => {
  expect(parseOptions(['--help'])).toEqual({ ok: false, fault: undefined })
})

test('a place that cannot be is refused with what to write, and without the image that is put behind it', () => {
  expect(fault('--to', 'r.example.com/Team')).toBe(
    '--to r.example.com/Team: the repository "Team" must be lower case (write "team")',
  )
})
