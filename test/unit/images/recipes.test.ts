import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { localName, recipeTag } from '#examples/images/images.ts'
import { buildOrder, type Kind, recipesFor, UPSTREAM_SERVER } from '#examples/images/recipes.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const text = (path: string) => readFileSync(join(root, path), 'utf8')
const KINDS: readonly Kind[] = ['cpu', 'cuda']
const entries = KINDS.flatMap((kind) =>
  Object.entries(recipesFor(kind)).map(([name, recipe]) => [name, kind, recipe] as const),
)

describe.each(entries)('image %s for %s', (_name, kind, recipe) => {
  test('hashes files that exist, its own Dockerfile among them', () => {
    for (const path of recipe.inputs) expect(existsSync(join(root, path)), path).toBe(true)
    expect(recipe.inputs.some((path) => path === recipe.dockerfile || path === dirname(recipe.dockerfile))).toBe(true)
  })

  test('hashes every file its Dockerfile copies from its contexts', () => {
    const folders = { ...recipe.contexts, '': recipe.context }
    const copied = [...text(recipe.dockerfile).matchAll(/^COPY (?:--from=(\S+) )?(.+) \S+$/gm)].flatMap(
      ([, from = '', sources = '']) => {
        const folder = Object.entries(folders).find(([name]) => name === from)?.[1]
        // anything else is an earlier stage of the same file
        return folder === undefined ? [] : sources.split(' ').map((source) => join(folder, source))
      },
    )
    expect(copied.length > 0).toBe(/^COPY /m.test(text(recipe.dockerfile)))
    for (const path of copied.flatMap((path) => globSync(path, { cwd: root }))) {
      const [input, leftOut] = [recipe.inputs, recipe.excluded].map((those) =>
        those.some((each) => path === each || path.startsWith(`${each}/`)),
      )
      expect([path, input, leftOut]).toEqual([path, true, false])
    }
  })

  test('ends as a user other than root', () => {
    if (recipe === recipesFor(kind).torch) return
    const users = [...text(recipe.dockerfile).matchAll(/^USER (\d+)/gm)].map((match) => Number(match[1]))
    expect(users.at(-1)).toBeGreaterThanOrEqual(1000)
  })
})

test.each(KINDS)('every image for %s has a tag of its own, which follows its base', (kind) => {
  const tags = buildOrder.map((name) => recipeTag(name, kind, 'debian-1'))
  expect(new Set(tags).size).toBe(buildOrder.length)
  for (const name of buildOrder) {
    const isOnDebian = typeof recipesFor(kind)[name].base === 'string'
    expect(recipeTag(name, kind, 'debian-2') !== recipeTag(name, kind, 'debian-1')).toBe(isOnDebian)
  }
})

test("operator and Redis are the same for every kind; trainer and server are not in each other's way", () => {
  const named = (kind: Kind) => buildOrder.map((name) => localName(name, kind, recipeTag(name, kind, 'debian-1')))
  const [cpu, cuda] = [named('cpu'), named('cuda')]
  expect(cuda.slice(0, 2)).toEqual(cpu.slice(0, 2))
  const repositories = [...cpu.slice(2), ...cuda.slice(2)].map((image) => image.split(':')[0])
  expect(new Set(repositories).size).toBe(4)
})

test('the server on GPUs is made of the image that the operator takes by itself', () => {
  expect(text('jobs/server/Dockerfile')).toContain(`\nARG BASE=${UPSTREAM_SERVER}\n`)
})

test('trainer and server pin the same version of every package both have', () => {
  const pins = (path: string) => new Map([...text(path).matchAll(/^([a-z0-9-]+)==(\S+)/gm)].map((m) => [m[1], m[2]]))
  const server = pins('examples/images/cpu/server.lock')
  const trainer = pins('jobs/trainer/requirements.lock')
  const shared = [...server.keys()].filter((name) => trainer.has(name))
  expect(shared.map((name) => [name, server.get(name)])).toEqual(shared.map((name) => [name, trainer.get(name)]))
  const common = pins('jobs/trainer/locks/common.lock')
  expect([...server.keys(), ...trainer.keys()].filter((name) => common.has(name))).toEqual([])
})

test('every pinned wheel has its hash', () => {
  for (const path of [
    'examples/images/cpu/server.lock',
    'jobs/trainer/requirements.lock',
    'jobs/trainer/locks/common.lock',
    'jobs/trainer/locks/torch.lock',
    'examples/images/cpu/torch.lock',
  ]) {
    for (const line of text(path)
      .split('\n')
      .filter((l) => l !== '' && !l.startsWith('#'))) {
      expect(line).toMatch(/^[a-z0-9-]+==\S+ --hash=sha256:[0-9a-f]{64}$/)
    }
  }
})
