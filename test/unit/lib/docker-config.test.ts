import { describe, expect, test } from 'vitest'
import { credentialsFor, parseDockerConfig } from '#src/lib/docker-config.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const password = (username: string, word: string) => ({ kind: 'password', username, password: word })

function find(config: object, registry: string, repository = 'a/b') {
  const parsed = parseDockerConfig(JSON.stringify(config))
  if (!parsed.ok) throw new Error(parsed.reason)
  return credentialsFor(parsed.auths, { registry, repository })
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
    ['registry-*.azurecr.io', 'registry-eu.azurecr.io'],
    ['r*-*.azurecr.io', 'registry-eu-2.azurecr.io'],
    ['mine.*.io', 'mine.azurecr.io'],
    ['mine.azurecr.*', 'mine.azurecr.io'],
    ['*.*.io', 'mine.azurecr.io'],
    ['**.io', 'reg.io'],
    ['*.io:5000', 'reg.io:5000'],
    ['10.*.0.1:5000', '10.9.0.1:5000'],
    ['[::1]:5000', '[::1]:5000'],
    ['reg.io/a', 'reg.io'],
    ['reg.io/a/', 'reg.io'],
    ['reg.io/a/b', 'reg.io'],
    ['https://reg.io/v2/a', 'reg.io'],
    ['https://*.io/v1/', 'reg.io'],
  ])('the key %s covers an image on %s', (key, registry) => {
    expect(find({ auths: { [key]: { username: 'u', password: 'p' } } }, registry)).toHaveLength(1)
  })

  test.each([
    ['reg.io', 'other.io'],
    ['reg.io', 'reg.io:5000'],
    ['reg.io/a/bb', 'reg.io'],
    ['reg.io/ab', 'reg.io'],
    ['*.io', 'a.b.io'],
    ['*', 'reg.io'],
    ['k*.io', 'reg.io'],
    ['registry-*.io', 'registry.io'],
    ['a*ba.io', 'aba.io.io'],
    ['ab*ba.io', 'aba.io'],
    ['a*c*e.io', 'abde.io'],
    ['*.io', 'reg.io:5000'],
    ['*.io:*', 'reg.io:5000'],
    ['*.io:5000', 'reg.io:5001'],
    ['reg.io/*', 'reg.io'],
    ['reg.io/v1x', 'reg.io'],
    ['*.docker.io', 'docker.io'],
    ['azurecr.io', 'mine.azurecr.io'],
    ['evil.io/reg.io', 'reg.io'],
  ])('the key %s does not cover an image on %s', (key, registry) => {
    expect(find({ auths: { [key]: { username: 'u', password: 'p' } } }, registry)).toEqual([])
  })

  test('a key covers what its path is the beginning of, also of a name', () => {
    const has = (key: string, repository: string) =>
      find({ auths: { [key]: { username: 'u', password: 'p' } } }, 'reg.io', repository).length
    expect([has('reg.io/team', 'team/x'), has('reg.io/team', 'team-2/x'), has('reg.io/team', 'tea')]).toEqual([1, 1, 0])
    expect([has('reg.io/team/', 'team/x'), has('reg.io/team/', 'team-2/x')]).toEqual([1, 0])
  })

  test('longer paths come before shorter ones, and hosts before globs', () => {
    const keys = ['*.io', 'reg.io', 'r*.io/a', 'reg.io/a/b', 'reg.io/a']
    const auths = Object.fromEntries(keys.map((key) => [key, { username: key, password: 'p' }]))
    expect(find({ auths }, 'reg.io')).toMatchObject(
      ['reg.io/a/b', 'reg.io/a', 'reg.io', 'r*.io/a', '*.io'].map((username) => ({ username })),
    )
  })

  test('of the same key the first one comes first', () => {
    const auths = ['one', 'two'].flatMap((user) => {
      const parsed = parseDockerConfig(JSON.stringify({ auths: { 'reg.io': { username: user, password: 'p' } } }))
      return parsed.ok ? parsed.auths : []
    })
    expect(credentialsFor(auths, { registry: 'reg.io', repository: 'a' })).toMatchObject([
      { username: 'one' },
      { username: 'two' },
    ])
  })

  test('the old format without auths is read', () => {
    expect(find({ 'reg.io': { auth: base64('u:p') } }, 'reg.io')).toEqual([password('u', 'p')])
  })

  test.each([['not json'], ['[]'], ['{"auths":[]}'], ['"x"']])('says that %s is no docker config', (text) => {
    expect(parseDockerConfig(text)).toMatchObject({ ok: false, reason: expect.stringMatching(/docker config/) })
  })
})
