import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Registry, startRegistry } from '#examples/cluster/registry.ts'
import { buildAdapterImage } from '#src/oci/image.ts'
import { openRegistry } from '#src/oci/registry.ts'
import { adapterFiles } from '#test/unit/oci/adapter-sample.ts'
import { runStep, scratchFolder } from './step-run.ts'

let server: Registry
let scratch: string

beforeAll(async () => {
  server = await startRegistry()
})
afterAll(() => server.stop())
beforeEach(async () => {
  scratch = await scratchFolder()
  await writeLogin(server.url, server.password)
  return () => rm(scratch, { recursive: true })
})

async function writeLogin(host: string, password: string): Promise<void> {
  const auth = Buffer.from(`${server.user}:${password}`).toString('base64')
  await writeFile(join(scratch, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
}

const probe = (more: object = {}, ...mode: readonly string[]) => {
  const spec = {
    image: `${server.url}/team/adapter:1`,
    authFile: join(scratch, 'config.json'),
    insecureRegistries: [server.url],
    tokenServices: [],
    patienceSeconds: 1,
    ...more,
  }
  return runStep('probe', spec, undefined, ...mode)
}

/** What docker-registry, asked as an administrator, knows of repositories. */
async function repositories(): Promise<string[]> {
  const authorization = `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}`
  const answer = await fetch(`http://${server.url}/v2/_catalog`, { headers: { authorization } })
  return ((await answer.json()) as { repositories: string[] }).repositories
}

describe('the probe of a push, against docker-registry', () => {
  test('passes with the right login, and leaves nothing behind', async () => {
    const { code, message } = await probe()
    expect({ code, message }).toEqual({ code: 0, message: { result: { image: `${server.url}/team/adapter:1` } } })
    expect(await repositories()).toEqual([])
  })

  test('says which image the tag means already', async () => {
    const options = {
      insecureRegistries: [server.url],
      credentials: () => [{ kind: 'password' as const, username: server.user, password: server.password }],
    }
    const registry = openRegistry(server.url, options)
    const image = await buildAdapterImage(adapterFiles(), {})
    for (const blob of image.blobs) await registry.putBlob('team/taken', blob)
    await registry.putManifest('team/taken', '1', image.mediaType, image.manifest)
    await registry.close()
    const { message } = await probe({ image: `${server.url}/team/taken:1` })
    expect(message.result).toEqual({ image: `${server.url}/team/taken:1`, present: image.digest })
  })

  test("tells a wrong password in the registry's own words", async () => {
    await writeLogin(server.url, 'wrong')
    const { code, message } = await probe()
    expect({ code, reason: message.reason }).toEqual({ code: 77, reason: 'PushDenied' })
    expect(message.message).toMatch(/UNAUTHORIZED: .*check that the push secret holds a login for 127\.0\.0\.1:\d+/)
  })

  test('tells a Secret that is for another registry, and names that', async () => {
    await writeLogin('registry.example.com', server.password)
    const { message } = await probe()
    expect(message.reason).toBe('PushDenied')
    expect(message.message).toMatch(
      /the push secret holds logins for registry\.example\.com only, none for 127\.0\.0\.1:\d+: .*UNAUTHORIZED/,
    )
    await writeFile(join(scratch, 'config.json'), '{"auths":{}}')
    expect((await probe()).message.message).toMatch(/the push secret holds no login at all, none for/)
  })

  test('tells a Secret of another type, and how to make one', async () => {
    await rm(join(scratch, 'config.json'))
    const { message } = await probe()
    expect(message.reason).toBe('PushDenied')
    expect(message.message).toMatch(/cannot be read .*kubectl create secret docker-registry/)
  })

  test('as a finding of a pod it ends well, and says the same', async () => {
    await writeLogin(server.url, 'wrong')
    const { code, message } = await probe({}, 'finding')
    expect({ code, reason: message.reason }).toEqual({ code: 0, reason: 'PushDenied' })
  })

  test('tells a host that does not exist, one that does not listen and one without TLS apart', async () => {
    const dns = await probe({ image: 'registry.invalid/team/adapter:1' })
    expect(dns.message).toMatchObject({ reason: 'PushFailed', message: expect.stringMatching(/does not resolve/) })
    const closed = await probe({ image: '127.0.0.1:9/team/a:1', insecureRegistries: ['127.0.0.1:9'] })
    expect(closed.message).toMatchObject({ reason: 'PushFailed', message: expect.stringMatching(/no connection to/) })
    const plain = await probe({ insecureRegistries: [] })
    expect(plain.message).toMatchObject({ reason: 'PushFailed', message: expect.stringMatching(/speaks plain HTTP/) })
  }, 60_000)

  test('asks a registry that is away again, and no other', async () => {
    await server.kill()
    const probing = probe({ patienceSeconds: 30 })
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    await server.start()
    expect((await probing).code).toBe(0)
  }, 60_000)
})

/** What a registry answers that docker-registry does not know to say. */
describe('the probe of a push, answered', () => {
  test.each([
    [
      403,
      'DENIED',
      'requested access to the resource is denied',
      'PushDenied',
      /DENIED: requested access.*push secret/,
    ],
    [404, 'NAME_UNKNOWN', 'repository name not known', 'PushDenied', /NAME_UNKNOWN: .*no such repository, create it/],
    [403, 'DENIED', 'will exceed the configured upper limit of 1.0 GiB', 'PushDenied', /upper limit.*make room there/],
    [400, 'NAME_INVALID', 'invalid repository name', 'ConfigInvalid', /takes no such name/],
    [503, 'UNAVAILABLE', 'maintenance until noon', 'PushFailed', /maintenance until noon/],
  ])('%d %s: %s', async (status, code, said, reason, words) => {
    let uploads = 0
    const registry = createServer((request, response) => {
      request.resume()
      if (request.method === 'POST') uploads++
      response.writeHead(status).end(JSON.stringify({ errors: [{ code, message: said }] }))
    })
    registry.listen(0, '127.0.0.1')
    await once(registry, 'listening')
    const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`
    const { message } = await probe({ image: `${host}/team/a:1`, insecureRegistries: [host] })
    registry.close()
    expect(message).toMatchObject({ reason, message: expect.stringMatching(words) })
    expect(uploads).toBeGreaterThan(0)
  })
})
