import { describe, expect, test } from 'vitest'
import { credentialsFor, parseDockerConfig } from '#src/lib/docker-config.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const password = (username: string, word: string) => ({ kind: 'password', username, password: word })

function find(config: object, registry: string, repository = 'a/b') {
  const parsed = parseDockerConfig(JSON.stringify(config))
  return parsed.ok ? credentialsFor(parsed.auths, { registry, repository }) : parsed
}

describe('docker configs', () => {
  test.each([
    ['auth', { auth: base64('u:p:with:colons') }, password('u', 'p:with:colons')],
    ['user name and password', { username: 'u', password: 'p' }, password('u', 'p')],
    [
      'identity token',
      { identitytoken: 't', auth: base64('00000000-0000-0000-0000-000000000000:') },
      { kind: 'identity-token', token: 't' },
    ],
    ["a helper's token user", { username: '<token>', password: 't' }, { kind: 'identity-token', token: 't' }],
  ])('reads %s', (_, entry, credential) => {
    expect(find({ auths: { 'reg.io': entry } }, 'reg.io')).toEqual([credential])
  })

  test.each([['{}'], ['{"auth":""}'], ['{"auth":"bm9jb2xvbg=="}'], ['"text"'], ['null']])(
    'skips an entry without a login: %s',
    (entry) => {
      expect(find({ auths: { 'reg.io': JSON.parse(entry) } }, 'reg.io')).toEqual([])
    },
  )

  test.each([
    ['reg.io', 'reg.io'],
    ['https://reg.io', 'reg.io'],
    ['https://reg.io/v2/', 'reg.io'],
    ['REG.io', 'reg.io'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['reg.io:5000', 'reg.io:5000'],
    ['*.azurecr.io', 'mine.azurecr.io'],
    ['reg.io/a', 'reg.io'],
    ['reg.io/a/b', 'reg.io'],
  ])('the key %s covers an image on %s', (key, registry) => {
    expect(find({ auths: { [key]: { username: 'u', password: 'p' } } }, registry)).toHaveLength(1)
  })

  test.each([
    ['reg.io', 'other.io'],
    ['reg.io', 'reg.io:5000'],
    ['reg.io/a/bb', 'reg.io'],
    ['reg.io/ab', 'reg.io'],
    ['*.io', 'a.b.io'],
    ['azurecr.io', 'mine.azurecr.io'],
    ['evil.io/reg.io', 'reg.io'],
  ])('the key %s does not cover an image on %s', (key, registry) => {
    expect(find({ auths: { [key]: { username: 'u', password: 'p' } } }, registry)).toEqual([])
  })

  test('the most specific login comes first', () => {
    const auths = { 'reg.io': { username: 'host', password: 'p' }, 'reg.io/a': { username: 'path', password: 'p' } }
    expect(find({ auths }, 'reg.io')).toMatchObject([{ username: 'path' }, { username: 'host' }])
  })

  test('the old format without auths is read', () => {
    expect(find({ 'reg.io': { auth: base64('u:p') } }, 'reg.io')).toEqual([password('u', 'p')])
  })

  test.each([['not json'], ['[]'], ['{"auths":[]}'], ['"x"']])('says that %s is no docker config', (text) => {
    expect(parseDockerConfig(text)).toMatchObject({ ok: false, reason: expect.stringMatching(/docker config/) })
  })
})
