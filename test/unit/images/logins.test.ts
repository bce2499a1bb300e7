import { expect, test } from 'vitest'
import { loginFiles, readLogins } from '#examples/images/logins.ts'

test('each tool has its own files, and environment variables move them', () => {
  expect(loginFiles('docker', {}, 0, '/home/me')).toEqual(['/home/me/.docker/config.json'])
  expect(loginFiles('docker', { DOCKER_CONFIG: '/d' }, 0, '/home/me')).toEqual(['/d/config.json'])
  expect(loginFiles('buildah', {}, 1000, '/home/me')).toEqual([
    '/run/containers/1000/auth.json',
    '/home/me/.config/containers/auth.json',
    '/home/me/.docker/config.json',
  ])
  expect(loginFiles('buildah', { XDG_RUNTIME_DIR: '/run/user/1' }, 1, '/h')[0]).toBe('/run/user/1/containers/auth.json')
  expect(loginFiles('buildah', { REGISTRY_AUTH_FILE: '/a.json' }, 1, '/h')).toEqual(['/a.json'])
})

const auth = (user: string) => Buffer.from(`${user}:secret`).toString('base64')

test('logins of all files count, in order, and files that are none hold nothing', () => {
  const texts = [
    undefined,
    'no JSON',
    JSON.stringify({ auths: { 'r.example.com': { auth: auth('first') } } }),
    JSON.stringify({ auths: { 'r.example.com': { auth: auth('second') } } }),
  ]
  const { auths, hasHelper } = readLogins('r.example.com', texts)
  expect(auths.map(({ credential }) => credential.kind === 'password' && credential.username)).toEqual([
    'first',
    'second',
  ])
  expect(hasHelper).toBe(false)
})

test('a helper that may hold a login for the host is told', () => {
  const helpers = (config: object) => readLogins('r.example.com', [JSON.stringify(config)]).hasHelper
  expect(helpers({ auths: {}, credsStore: 'desktop' })).toBe(true)
  expect(helpers({ auths: {}, credHelpers: { 'r.example.com': 'ecr-login' } })).toBe(true)
  expect(helpers({ auths: {}, credHelpers: { 'other.example.com': 'ecr-login' } })).toBe(false)
  expect(helpers({ auths: {}, credsStore: '' })).toBe(false)
})
