import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contentHash } from '#examples/images/content-hash.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kaito-hash-'))
  mkdirSync(join(root, 'src', 'skipped'), { recursive: true })
  writeFileSync(join(root, 'src', 'a.ts'), 'one')
  writeFileSync(join(root, 'src', 'skipped', 'b.ts'), 'two')
})
afterEach(() => rmSync(root, { recursive: true }))

const hash = (extra: readonly string[] = []) => contentHash({ root, paths: ['src'], excluded: ['src/skipped'], extra })

test('the same files give the same hash, whatever their times', () => {
  const before = hash()
  utimesSync(join(root, 'src', 'a.ts'), new Date(0), new Date(0))
  expect(hash()).toBe(before)
  expect(before).toMatch(/^[0-9a-f]{16}$/)
})

test('a changed content, a new file, a new name and a new executable bit each give another hash', () => {
  const seen = new Set([hash()])
  writeFileSync(join(root, 'src', 'a.ts'), 'three')
  seen.add(hash())
  writeFileSync(join(root, 'src', 'c.ts'), 'one')
  seen.add(hash())
  chmodSync(join(root, 'src', 'c.ts'), 0o755)
  seen.add(hash())
  rmSync(join(root, 'src', 'c.ts'))
  writeFileSync(join(root, 'src', 'd.ts'), 'one')
  seen.add(hash())
  expect(seen.size).toBe(5)
})

test('excluded folders and what tools leave behind do not count', () => {
  const before = hash()
  writeFileSync(join(root, 'src', 'skipped', 'b.ts'), 'changed')
  mkdirSync(join(root, 'src', '__pycache__'))
  writeFileSync(join(root, 'src', '__pycache__', 'a.pyc'), 'x')
  expect(hash()).toBe(before)
})

test('extra texts count, and are not confused by where one ends and the next begins', () => {
  expect(new Set([hash(), hash(['ab', 'c']), hash(['a', 'bc']), hash(['abc'])]).size).toBe(4)
})
