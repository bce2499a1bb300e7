import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCredentials } from '#src/kube/credentials.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kaito-credentials-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

/** What `loadFromCluster` makes inside a pod, with files that the test can rotate. */
function inCluster(): KubeConfig {
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [{ name: 'c', server: 'https://10.0.0.1:443/base/', caFile: join(dir, 'ca.crt') }],
    users: [{ name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile: join(dir, 'token') } } }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  })
  return config
}

describe('credentials', () => {
  it('use the token of the file, and the new one after it was rotated and refused', async () => {
    writeFileSync(join(dir, 'ca.crt'), 'ca')
    writeFileSync(join(dir, 'token'), 'first\n')
    const credentials = createCredentials(inCluster, () => 0)
    const before = await credentials.current()
    expect(before).toMatchObject({
      origin: 'https://10.0.0.1',
      prefix: '/base',
      headers: { authorization: 'Bearer first' },
    })
    writeFileSync(join(dir, 'token'), 'second\n')
    expect((await credentials.current()).headers['authorization']).toBe('Bearer first')
    credentials.renew()
    const after = await credentials.current()
    expect(after.headers['authorization']).toBe('Bearer second')
    expect(after.dispatcher).toBe(before.dispatcher)
    await credentials.close()
  })

  it('open new connections when the authority has changed, at the latest after 30 s', async () => {
    let now = 0
    writeFileSync(join(dir, 'ca.crt'), 'ca')
    writeFileSync(join(dir, 'token'), 't')
    const credentials = createCredentials(inCluster, () => now)
    const before = await credentials.current()
    writeFileSync(join(dir, 'ca.crt'), 'another')
    now = 30_000
    const after = await credentials.current()
    expect(after.dispatcher).not.toBe(before.dispatcher)
    await credentials.close()
  })

  it('say what is wrong with a configuration that names no cluster', async () => {
    const credentials = createCredentials(() => {
      const config = new KubeConfig()
      config.loadFromOptions({ clusters: [], users: [], contexts: [], currentContext: 'x' })
      return config
    })
    await expect(credentials.current()).rejects.toThrow('names no cluster')
  })
})
