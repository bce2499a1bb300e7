import { describe, expect, test } from 'vitest'
import { fileName } from '#jobs/steps/fetch/file-name.ts'
import { judgeAnswer } from '#jobs/steps/fetch/response-check.ts'

test.each([
  ['https://h/a/train.parquet', '000-train.parquet'],
  ['https://h/a/train.parquet?x=1#y', '000-train.parquet'],
  ['https://h/a/my%20file.jsonl', '000-my_file.jsonl'],
  ['https://h/a/%2e%2e%2fetc%2fpasswd', '000-etc_passwd'],
  ['https://h/..%5c..%5cboot.ini', '000-boot.ini'],
  ['https://h/.hidden', '000-hidden'],
  ['https://h/%00%ff', '000-00_ff'],
  ['https://h/', '000-data'],
  ['https://h/dir/', '000-dir'],
  ['https://h/-rf', '000-rf'],
  ['https://h/数据.parquet', '000-parquet'],
  [`https://h/${'n'.repeat(300)}.parquet`, `000-${'n'.repeat(92)}.parquet`],
])('%s is stored as %s', (url, name) => expect(fileName(0, new URL(url))).toBe(name))

test('two files of one name do not meet', () => {
  const url = new URL('https://h/train.parquet')
  expect(fileName(1, url)).not.toBe(fileName(2, url))
})

describe('answers', () => {
  const judge = (status: number, headers: Record<string, string> = {}, offset = 0) =>
    judgeAnswer({ status, header: (name) => headers[name] }, offset)

  test.each([
    [200, {}, 0, { kind: 'read', append: false, expected: undefined }],
    [200, { 'content-length': '5' }, 3, { kind: 'read', append: false, expected: 5 }],
    [206, { 'content-length': '5', 'content-range': 'bytes 3-7/8' }, 3, { kind: 'read', append: true, expected: 8 }],
    [206, { 'content-range': 'bytes 0-7/8' }, 3, { kind: 'restart' }],
    [206, {}, 3, { kind: 'restart' }],
    [416, {}, 3, { kind: 'restart' }],
    [302, { location: '/x' }, 0, { kind: 'redirect', location: '/x' }],
    [503, { 'retry-after': '7' }, 0, { kind: 'retry', retryAfter: '7' }],
    [429, {}, 0, { kind: 'retry' }],
    [206, {}, 0, { kind: 'stop', reason: 'DatasetUnreachable' }],
    [302, {}, 0, { kind: 'stop', reason: 'DatasetUnreachable' }],
    [401, {}, 0, { kind: 'stop', reason: 'DatasetUnreachable' }],
    [200, { 'content-type': 'text/html; charset=utf-8' }, 0, { kind: 'stop', reason: 'DatasetInvalid' }],
    [200, { 'content-encoding': 'gzip' }, 0, { kind: 'stop', reason: 'DatasetInvalid' }],
  ])('%i with %o after %i bytes', (status, headers, offset, verdict) => {
    expect(judge(status, headers, offset)).toMatchObject(verdict)
  })
})
