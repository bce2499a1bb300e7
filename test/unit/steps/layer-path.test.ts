import { expect, test } from 'vitest'
import { readLayerPath } from '#jobs/steps/unpack/layer-path.ts'

test.each([
  ['a/b', { kind: 'entry', parts: ['a', 'b'] }],
  ['./a//b/', { kind: 'entry', parts: ['a', 'b'] }],
  ['/etc/passwd', { kind: 'entry', parts: ['etc', 'passwd'] }],
  ['./', { kind: 'entry', parts: [] }],
  ['a/.wh.b', { kind: 'whiteout', parts: ['a', 'b'] }],
  ['.wh.b', { kind: 'whiteout', parts: ['b'] }],
  ['a/.wh..hidden', { kind: 'whiteout', parts: ['a', '.hidden'] }],
  ['a/.wh..wh..opq', { kind: 'opaque', parts: ['a'] }],
  ['.wh..wh..opq', { kind: 'opaque', parts: [] }],
  ['.wh..wh.plnk', { kind: 'ignored' }],
  ['.wh.dir/file', { kind: 'entry', parts: ['.wh.dir', 'file'] }],
  ['a..b/..c', { kind: 'entry', parts: ['a..b', '..c'] }],
])('the layer name %s means %o', (name, path) => expect(readLayerPath(name)).toEqual(path))

test.each([
  '..',
  '../a',
  'a/../b',
  'a/..',
  '/../a',
  '.wh.',
  '.wh..',
  '.wh...',
  'a/.wh...',
  'a\0b',
  'x'.repeat(5000),
  'd/'.repeat(300),
])('the layer name %j is refused', (name) => expect(readLayerPath(name).kind).toBe('refused'))
