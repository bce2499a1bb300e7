import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { startRedis } from '#examples/cluster/redis.ts'
import { startRegistry } from '#examples/cluster/registry.ts'

test('what Redis has acknowledged is still there after it was killed and started again', async () => {
  const server = await startRedis()
  const client = new Redis(server.url, { retryStrategy: () => 50 })
  client.on('error', () => {})
  try {
    await client.set('kept', 'yes')
    expect(await client.config('GET', 'maxmemory-policy')).toContain('noeviction')
    await server.kill()
    await server.start()
    expect(await client.get('kept')).toBe('yes')
  } finally {
    client.disconnect()
    await server.stop()
  }
})

test('the registry lets in its own user and nobody else', async () => {
  const registry = await startRegistry()
  const status = async (password?: string) => {
    const authorization = `Basic ${Buffer.from(`${registry.user}:${password}`).toString('base64')}`
    const response = await fetch(
      `http://${registry.url}/v2/`,
      password === undefined ? {} : { headers: { authorization } },
    )
    return response.status
  }
  try {
    expect(await status(registry.password)).toBe(200)
    expect(await status('wrong')).toBe(401)
    expect(await status()).toBe(401)
  } finally {
    await registry.stop()
  }
  await expect(fetch(`http://${registry.url}/v2/`)).rejects.toThrow()
})

test('a registry without a login answers anyone', async () => {
  const registry = await startRegistry({ anonymous: true })
  const response = await fetch(`http://${registry.url}/v2/`)
  await registry.stop()
  expect(response.status).toBe(200)
})
