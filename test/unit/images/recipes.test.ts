import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { recipeTag } from '../../../examples/quickstart/images/images.ts'
import { buildOrder, recipes } from '../../../examples/quickstart/images/recipes.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const text = (path: string) => readFileSync(join(root, path), 'utf8')
const entries = Object.entries(recipes)

describe.each(entries)('image %s', (_name, recipe) => {
  test('hashes files that exist, its own Dockerfile among them', () => {
    for (const path of recipe.inputs) expect(existsSync(join(root, path)), path).toBe(true)
    expect(recipe.inputs.some((path) => path === recipe.dockerfile || path === dirname(recipe.dockerfile))).toBe(true)
  })

  test('hashes every file its Dockerfile copies from the context', () => {
    const folder = recipe.context === '.' ? '' : `${recipe.context}/`
    const named = [...text(recipe.dockerfile).matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
      .flatMap((match) => (match[1] ?? '').split(' '))
      .filter((source) => source !== '.' && !source.includes('*'))
    // the stage `python` ends before the files of the later stage are copied
    const wanted = recipe.target === undefined ? named : named.filter((source) => source !== 'requirements.lock')
    for (const source of wanted) {
      const path = `${folder}${source}`
      expect(
        recipe.inputs.some((input) => path === input || path.startsWith(`${input}/`)),
        path,
      ).toBe(true)
    }
  })

  test('ends as a user other than root', () => {
    if (recipe.target !== undefined) return
    const users = [...text(recipe.dockerfile).matchAll(/^USER (\d+)/gm)].map((match) => Number(match[1]))
    expect(users.at(-1)).toBeGreaterThanOrEqual(1000)
  })
})

test('every image has a tag of its own, which follows its base', () => {
  const tags = buildOrder.map((name) => recipeTag(name, 'debian-1'))
  expect(new Set(tags).size).toBe(buildOrder.length)
  for (const name of buildOrder) expect(recipeTag(name, 'debian-2')).not.toBe(recipeTag(name, 'debian-1'))
})

test('trainer and server pin the same version of every package both have', () => {
  const pins = (path: string) => new Map([...text(path).matchAll(/^([a-z0-9-]+)==(\S+)/gm)].map((m) => [m[1], m[2]]))
  const server = pins('jobs/server/requirements.lock')
  const trainer = pins('jobs/trainer/requirements.lock')
  const shared = [...server.keys()].filter((name) => trainer.has(name))
  expect(shared.map((name) => [name, server.get(name)])).toEqual(shared.map((name) => [name, trainer.get(name)]))
  const common = pins('jobs/trainer/locks/common.lock')
  expect([...server.keys(), ...trainer.keys()].filter((name) => common.has(name))).toEqual([])
})

test('every pinned wheel has its hash', () => {
  for (const path of [
    'jobs/server/requirements.lock',
    'jobs/trainer/requirements.lock',
    'jobs/trainer/locks/common.lock',
  ]) {
    for (const line of text(path)
      .split('\n')
      .filter((l) => l !== '' && !l.startsWith('#'))) {
      expect(line).toMatch(/^[a-z0-9-]+==\S+ --hash=sha256:[0-9a-f]{64}$/)
    }
  }
})
