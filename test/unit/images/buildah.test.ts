import { expect, test } from 'vitest'
import { buildArgv, caBundle, pushArgv } from '../../../examples/quickstart/images/buildah.ts'

const spec = { tag: 'localhost/x:1', dockerfile: '/r/Dockerfile', context: '/r', args: { BASE: 'localhost/debian:1' } }

test('a build with a CA bundle mounts it and tells pip and npm where it is', () => {
  const argv = buildArgv({ ...spec, target: 'python' }, '/etc/ca.crt')
  expect(argv).toEqual(expect.arrayContaining(['-v', '/etc/ca.crt:/run/host-ca.crt:ro', '--target', 'python']))
  expect(argv).toContain('PIP_CERT=/run/host-ca.crt')
  expect(argv).toContain('NODE_EXTRA_CA_CERTS=/run/host-ca.crt')
  expect(argv.slice(-5)).toEqual(['-t', 'localhost/x:1', '-f', '/r/Dockerfile', '/r'])
})

test('a build without a CA bundle mounts nothing and passes only its own arguments', () => {
  const argv = buildArgv(spec, undefined)
  expect(argv).not.toContain('-v')
  expect(argv.filter((_, index) => argv[index - 1] === '--build-arg')).toEqual(['BASE=localhost/debian:1'])
})

test('the CA bundle is the first variable that names an existing file', () => {
  const env = { PIP_CERT: '', NODE_EXTRA_CA_CERTS: '/gone.crt', SSL_CERT_FILE: '/there.crt' }
  expect(caBundle(env, (path) => path === '/there.crt')).toBe('/there.crt')
  expect(caBundle({}, () => true)).toBeUndefined()
})

test('a push carries its login in a file, never among its arguments', () => {
  const argv = pushArgv('localhost/x:1', '127.0.0.1:5000/kaito/x:1', '/tmp/auth.json')
  expect(argv).toEqual(expect.arrayContaining(['--authfile', '/tmp/auth.json']))
  expect(argv.some((word) => word.startsWith('--creds'))).toBe(false)
  expect(argv.at(-1)).toBe('docker://127.0.0.1:5000/kaito/x:1')
})
