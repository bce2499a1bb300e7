import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Access, createCredentials } from '#src/kube/credentials.ts'
import { accessOf } from '#src/kube/kubeconfig.ts'
import { serviceAccount } from '#src/kube/service-account.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kaito-credentials-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

/** The files of a pod's service account, which the test can rotate. */
const inPod = (): Access => serviceAccount('https://10.0.0.1:443/base/', dir)

/** A kubeconfig that names the same files. */
function byConfig(): Access {
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [{ name: 'c', server: 'https://10.0.0.1:443/base/', caFile: join(dir, 'ca.crt') }],
    users: [{ name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile: join(dir, 'token') } } }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  })
  return accessOf(config)
}

describe('credentials', () => {
  describe.each([
    ['of a pod', inPod],
    ['of a kubeconfig', byConfig],
  ])('%s', (_, access) => {
    it('use the token of the file, and the new one after it was rotated and refused', async () => {
      writeFileSync(join(dir, 'ca.crt'), 'ca')
      writeFileSync(join(dir, 'token'), 'first\n')
      const credentials = createCredentials(access, () => 0)
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
      const credentials = createCredentials(access, () => now)
      const before = await credentials.current()
      writeFileSync(join(dir, 'ca.crt'), 'another')
      now = 30_000
      const after = await credentials.current()
      expect(after.dispatcher).not.toBe(before.dispatcher)
      await credentials.close()
    })
  })

  it('say what is wrong with a configuration that names no cluster', async () => {
    const credentials = createCredentials(() => {
      const config = new KubeConfig()
      config.loadFromOptions({ clusters: [], users: [], contexts: [], currentContext: 'x' })
      return accessOf(config)
    })
    await expect(credentials.current()).rejects.toThrow('names no cluster')
  })
})
