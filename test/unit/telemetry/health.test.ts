import { describe, expect, it } from 'vitest'
import { type Check, createHealthServer, type HealthOptions } from '#src/telemetry/health.ts'

const good: Check = { name: 'good', check: () => undefined }
const bad: Check = { name: 'redis', check: async () => 'not connected' }
const server = (options: Partial<HealthOptions>) => createHealthServer({ host: '127.0.0.1', port: 0, ...options })

async function get(health: ReturnType<typeof server>, url: string) {
  const { statusCode, body } = await health.app.inject({ method: 'GET', url })
  return `${statusCode} ${body.trim().replaceAll('\n', ' | ')}`
}

describe('the health server', () => {
  it('says ok with one line for each check', async () => {
    expect(await get(server({ live: [good] }), '/livez')).toBe('200 [+]good ok | ok')
  })

  it('says which check fails and why, and can be asked to leave one out', async () => {
    const health = server({ ready: [good, bad] })
    expect(await get(health, '/readyz')).toBe(
      '503 [+]shutdown ok | [+]good ok | [-]redis failed: not connected | failed',
    )
    expect(await get(health, '/readyz?exclude=redis')).toBe('200 [+]shutdown ok | [+]good ok | ok')
    expect(await get(health, '/livez')).toBe('200 ok')
  })

  it('takes a check that throws or hangs for failed', async () => {
    const health = server({
      checkTimeoutMs: 5,
      live: [
        {
          name: 'throws',
          check: () => {
            throw new Error('boom')
          },
        },
        { name: 'hangs', check: () => new Promise(() => {}) },
      ],
    })
    expect(await get(health, '/livez')).toBe(
      '503 [-]throws failed: boom | [-]hangs failed: no answer within 5 ms | failed',
    )
  })

  it('is alive but not ready while it drains', async () => {
    const health = server({ live: [good], ready: [good] })
    health.drain()
    expect(await get(health, '/readyz')).toContain('503 [-]shutdown failed: shutting down')
    expect(await get(health, '/livez')).toContain('200')
  })

  it('serves metrics', async () => {
    const health = server({
      metrics: { text: async () => 'kaito_leader 1\n', contentType: 'text/plain; version=0.0.4' },
    })
    expect(await get(health, '/metrics')).toBe('200 kaito_leader 1')
  })
})
