import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Registry, startRegistry } from '#examples/cluster/registry.ts'
import { parseImageRef } from '#src/lib/image-ref.ts'
import { digestOf } from '#src/oci/digest.ts'
import { buildAdapterImage } from '#src/oci/image.ts'
import { openRegistry } from '#src/oci/registry.ts'
import { RegistryError } from '#src/oci/registry-error.ts'
import { probePush, resolveDigest } from '#src/oci/resolve.ts'
import { adapterFiles, safetensors } from '#test/unit/oci/adapter-sample.ts'

const run = promisify(execFile)

let server: Registry
let scratch: string
beforeAll(async () => {
  server = await startRegistry()
  scratch = await mkdtemp(join(tmpdir(), 'oci-test-'))
})
afterAll(async () => {
  await server.stop()
  await rm(scratch, { recursive: true })
})

const options = (password = server.password) => ({
  insecureRegistries: [server.url],
  attempts: 2,
  credentials: () => [{ kind: 'password' as const, username: server.user, password }],
})

async function push(repository: string, tag: string): Promise<string> {
  const registry = openRegistry(server.url, options())
  try {
    const image = await buildAdapterImage(adapterFiles(), { 'sh.kaito.model.name': 'phi-3-mini-128k-instruct' })
    for (const blob of image.blobs) await registry.putBlob(repository, blob)
    const { digest } = await registry.putManifest(repository, tag, image.mediaType, image.manifest)
    expect(digest).toBe(image.digest)
    return digest
  } finally {
    await registry.close()
  }
}

function ref(text: string) {
  const result = parseImageRef(`${server.url}/${text}`)
  if (!result.ok) throw new Error(result.reason)
  return result.ref
}

describe('the registry client against docker-registry', () => {
  test('the same adapter pushed twice has the same digest, and the tag resolves to it', async () => {
    const first = await push('team/adapter', '1')
    const second = await push('team/adapter', '2')
    expect(second).toBe(first)
    const resolved = await resolveDigest(ref('team/adapter:2'), options())
    expect(resolved).toMatchObject({ ok: true, digest: first, pinned: { tag: '2', digest: first } })
  })

  test('skopeo reads the pushed image as an ordinary one and umoci unpacks it', async () => {
    const digest = await push('team/skopeo', '1')
    const login = ['--tls-verify=false', `--creds=${server.user}:${server.password}`]
    const image = `docker://${server.url}/team/skopeo:1`
    const inspected = JSON.parse((await run('skopeo', ['inspect', ...login, image])).stdout)
    expect(inspected).toMatchObject({ Digest: digest, Architecture: 'amd64', Os: 'linux' })
    expect(inspected.Layers).toHaveLength(2)
    const copied = ['--src-tls-verify=false', `--src-creds=${server.user}:${server.password}`]
    await run('skopeo', ['--insecure-policy', 'copy', ...copied, image, `oci:${scratch}/layout:1`])
    await run('umoci', ['unpack', '--rootless', '--image', `${scratch}/layout:1`, `${scratch}/bundle`])
    expect(await readFile(`${scratch}/bundle/rootfs/data/adapter_model.safetensors`)).toEqual(safetensors())
  })

  test('a wrong password is denied, for pulls and for pushes, and says whose credentials failed', async () => {
    await push('team/denied', '1')
    const pull = await resolveDigest(ref('team/denied:1'), options('wrong'))
    expect(pull).toMatchObject({ ok: false, reason: 'denied', temporary: false })
    expect(!pull.ok && pull.message).toMatch(
      /does not allow to pull from team\/denied .*credentials given were refused/,
    )
    const anonymous = await probePush(ref('team/denied:1'), { insecureRegistries: [server.url] })
    expect(!anonymous.ok && anonymous.message).toMatch(/push to .*no credentials for this registry were given/)
  })

  test('a working login behind a stale one is found', async () => {
    const digest = await push('team/several', '1')
    const credentials = () => [...options('stale').credentials(), ...options().credentials()]
    const resolved = await resolveDigest(ref('team/several:1'), { ...options(), credentials })
    expect(resolved).toMatchObject({ ok: true, digest })
  })

  test('probing a push leaves no repository behind', async () => {
    expect(await probePush(ref('team/probed:1'), options())).toEqual({ ok: true })
    const resolved = await resolveDigest(ref('team/probed:1'), options())
    expect(resolved).toMatchObject({ ok: false, reason: 'not-found', temporary: false })
  })

  test('a large blob survives the way there and back', async () => {
    const bytes = Buffer.alloc(9_000_001, 'weights ')
    const blob = { digest: digestOf(bytes), size: bytes.length, open: () => bytes }
    const registry = openRegistry(server.url, options())
    expect(await registry.putBlob('team/large', blob)).toBe('uploaded')
    expect(await registry.putBlob('team/large', blob)).toBe('present')
    const back: Buffer[] = []
    for await (const chunk of registry.readBlob('team/large', { ...blob, mediaType: 'x' })) back.push(chunk)
    expect(digestOf(Buffer.concat(back))).toBe(blob.digest)
    await registry.close()
  })

  test('a blob whose content is not what its digest says is refused by the registry', async () => {
    const registry = openRegistry(server.url, options())
    const blob = { digest: digestOf(Buffer.from('other')), size: 5, open: () => Buffer.from('bytes') }
    await expect(registry.putBlob('team/forged', blob)).rejects.toMatchObject({ kind: 'invalid' })
    await registry.close()
  })

  test('TLS is demanded of a registry that is not listed as insecure', async () => {
    const result = await resolveDigest(ref('team/adapter:1'), { ...options(), insecureRegistries: [] })
    expect(result).toMatchObject({ ok: false, reason: 'tls', temporary: false })
    expect(!result.ok && result.message).toMatch(/speaks plain HTTP; list it as an insecure registry/)
  })

  test('a registry that is down is a temporary failure', async () => {
    await server.kill()
    const result = await resolveDigest(ref('team/adapter:1'), options())
    expect(result).toMatchObject({ ok: false, reason: 'network', temporary: true })
    await server.start()
  })

  test('a name that does not exist says so', async () => {
    const missing = { registry: 'registry.invalid', repository: 'a', tag: '1' }
    const result = await resolveDigest(missing, { attempts: 1 })
    expect(result).toMatchObject({ ok: false, reason: 'dns' })
  })

  test('with the guard on, loopback registries are not contacted', async () => {
    const result = await resolveDigest(ref('team/adapter:1'), { ...options(), guard: ['10.0.0.0/8'] })
    expect(result).toMatchObject({ ok: false, reason: 'invalid' })
    expect(!result.ok && result.message).toMatch(/loopback/)
  })

  test('errors are RegistryErrors with the status', async () => {
    const registry = openRegistry(server.url, options())
    const error = await registry.getManifest('team/none', '1').catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(RegistryError)
    expect(error).toMatchObject({ kind: 'not-found', status: 404 })
    await registry.close()
  })
})
