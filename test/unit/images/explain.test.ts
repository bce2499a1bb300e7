import { expect, test } from 'vitest'
import { explain } from '#examples/images/explain.ts'
import { ToolFailed } from '#examples/images/tool.ts'
import { RegistryError } from '#src/oci/registry-error.ts'

const buildah = { tool: 'buildah', store: '/cache/images', host: 'r.example.com' } as const
const docker = { ...buildah, tool: 'docker' } as const

const pushed = (output: string) => new ToolFailed(['buildah', '--root', '/cache/images', 'push', 'x'], 125, output)
const built = (output: string) => new ToolFailed(['docker', 'build', '.'], 1, output)

test.each([
  [
    pushed('writing blob: initiating layer upload: unauthorized: authentication required'),
    /^r\.example\.com refuses the push.*: buildah login r\.example\.com$/,
  ],
  [pushed('trying to reuse blob: requested access to the resource is denied'), /buildah login r\.example\.com$/],
  [pushed('pinging: http: server gave HTTP response to HTTPS client'), /plain HTTP.*--plain-http/],
  [pushed('name unknown: The repository with name kaito/operator does not exist'), /Create operator, redis/],
  [pushed('pinging container registry: dial tcp: lookup r.example.com: no such host'), /does not answer/],
  [pushed('pinging: tls: failed to verify certificate: x509: unknown'), /update-ca-certificates/],
  [pushed('writing blob: write /var/tmp/x: no space left on device'), /^The disk is full.*\/cache\/images/],
  [Object.assign(new Error('ENOSPC: no space left on device, write')), /^The disk is full/],
])('%s', (error, expected) => {
  const line = explain(error, buildah)
  expect(line).toMatch(expected)
  expect(line).not.toContain('\n')
})

test('the Docker daemon that does not run is told from a registry', () => {
  expect(explain(built('ERROR: Cannot connect to the Docker daemon at unix:///x. Is it running?'), docker)).toMatch(
    /Start it.*--tool buildah/,
  )
})

test('what fails inside a build is not blamed on the registry', () => {
  expect(explain(built('pip: HTTP 403 Forbidden: access denied'), docker)).toBeUndefined()
  expect(built('a\nb').message).toBe('docker build failed with code 1:\na\nb')
})

test.each([
  [new RegistryError('denied', 'r.example.com does not allow to push'), /docker login r\.example\.com$/],
  [new RegistryError('dns', 'the name r.example.com does not resolve'), /does not answer.*does not resolve/],
  [new RegistryError('tls', 'r.example.com speaks plain HTTP'), /insecure-registries.*--plain-http/],
  [new RegistryError('not-found', 'no such repository'), /Create operator/],
])('%s', (error, expected) => {
  expect(explain(error, docker)).toMatch(expected)
})
