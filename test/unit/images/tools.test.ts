import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildahTool } from '#examples/images/buildah.ts'
import { dockerTool } from '#examples/images/docker.ts'
import { caBundle } from '#examples/images/store.ts'

const DIGEST = `sha256:${'ab'.repeat(32)}`
const spec = {
  tag: 'localhost/x:1',
  dockerfile: '/r/Dockerfile',
  context: '/r',
  args: { BASE: 'localhost/debian:1' },
}
const push = {
  image: 'localhost/x:1',
  destination: '127.0.0.1:5000/kaito/x:1',
  plainHttp: true,
  digestFile: '/tmp/digest',
  authFile: '/tmp/auth.json',
}

describe.each([buildahTool, dockerTool])('a build by $name', (tool) => {
  test('passes its own arguments and ends with tag, Dockerfile and context', () => {
    const argv = tool.build(spec, undefined)
    expect(argv[0]).toBe(tool.name)
    expect(argv.filter((_, index) => argv[index - 1] === '--build-arg')).toEqual(['BASE=localhost/debian:1'])
    expect(argv).not.toContain('-v')
    expect(argv).not.toContain('--build-context')
    expect(argv.slice(-5)).toEqual(['-t', 'localhost/x:1', '-f', '/r/Dockerfile', '/r'])
  })

  test('names the folders beside its context', () => {
    const argv = tool.build({ ...spec, contexts: { trainer: '/t' } }, undefined)
    expect(argv[argv.indexOf('--build-context') + 1]).toBe('trainer=/t')
  })
})

describe('buildah', () => {
  test('mounts a CA bundle into a build and tells pip and npm where it is', () => {
    const argv = buildahTool.build(spec, '/etc/ca.crt')
    expect(argv).toEqual(expect.arrayContaining(['-v', '/etc/ca.crt:/run/host-ca.crt:ro']))
    expect(argv).toContain('PIP_CERT=/run/host-ca.crt')
    expect(argv).toContain('NODE_EXTRA_CA_CERTS=/run/host-ca.crt')
  })

  test('carries a login in a file, never among its arguments, and speaks HTTP only where told', () => {
    const [argv = []] = buildahTool.push(push)
    expect(argv).toEqual(expect.arrayContaining(['--authfile', '/tmp/auth.json', '--tls-verify=false']))
    expect(argv.some((word) => word.startsWith('--creds'))).toBe(false)
    expect(argv.at(-1)).toBe('docker://127.0.0.1:5000/kaito/x:1')
    expect(buildahTool.push({ ...push, plainHttp: false })[0]).not.toContain('--tls-verify=false')
  })

  test('uses its own login where none is given', () => {
    const { authFile: _, ...withoutLogin } = push
    expect(buildahTool.push(withoutLogin).flat()).not.toContain('--authfile')
  })

  test('leaves the digest of a push in a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kaito-digest-'))
    const digestFile = join(folder, 'digest')
    writeFileSync(digestFile, DIGEST)
    expect(buildahTool.pushedDigest({ ...push, digestFile }, '')).toBe(DIGEST)
    rmSync(folder, { recursive: true })
  })
})

describe('docker', () => {
  test('pushes under a name of the registry, which it does not keep', () => {
    expect(dockerTool.push(push)).toEqual([
      ['docker', 'tag', 'localhost/x:1', '127.0.0.1:5000/kaito/x:1'],
      ['docker', 'push', '127.0.0.1:5000/kaito/x:1'],
      ['docker', 'image', 'rm', '127.0.0.1:5000/kaito/x:1'],
    ])
  })

  test('says the digest of a push on its last line', () => {
    const printed = `The push refers to repository [127.0.0.1:5000/kaito/x]\n5f70bf18a086: Pushed\n1: digest: ${DIGEST} size: 528\nUntagged: x\n`
    expect(dockerTool.pushedDigest(push, printed)).toBe(DIGEST)
    expect(dockerTool.pushedDigest(push, '5f70bf18a086: Pushed')).toBeUndefined()
  })
})

test('the CA bundle is the first variable that names an existing file', () => {
  const env = { PIP_CERT: '', NODE_EXTRA_CA_CERTS: '/gone.crt', SSL_CERT_FILE: '/there.crt' }
  expect(caBundle(env, (path) => path === '/there.crt')).toBe('/there.crt')
  expect(caBundle({}, () => true)).toBeUndefined()
})
