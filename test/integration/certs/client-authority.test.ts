import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { ClientAuthority } from '#certs/client-authority.ts'
import { mintAuthority, mintLeaf } from '#certs/mint.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { projectSecret } from '#test/support/projected-secret.ts'

const DAY = 86_400_000
const folder = mkdtempSync(join(tmpdir(), 'kaito-ts-client-authority-'))
const stop = new AbortController()
const POLL = { timeout: 10_000 }
afterEach(() => {
  stop.abort()
  rmSync(folder, { recursive: true, force: true })
})

const mount = (pem: string) => projectSecret(folder, new Map([['ca.crt', pem]]))
const authority = () => mintAuthority(new Date(), DAY)

it('reads the authority of callers when it appears and whenever it changes, and keeps it when the new one is none', async () => {
  const problems: string[] = []
  const trusted: string[] = []
  const source = new ClientAuthority({
    file: join(folder, 'ca.crt'),
    clock: systemClock,
    pollMs: 10,
    trusted: (pem) => trusted.push(pem),
    failed: (error) => problems.push(String(error)),
  })
  const running = source.run(stop.signal)
  await expect.poll(() => problems.join(), POLL).toContain('ENOENT')
  const first = authority()
  mount(first.certificate)
  expect(await source.current()).toBe(first.certificate)

  const both = `# the old one\n${first.certificate}\n# and the new one\n${authority().certificate}`
  mount(both)
  await expect.poll(() => trusted.length, POLL).toBe(2)
  expect(await source.current()).toBe(both)

  for (const [pem, why] of [
    ['', 'holds no certificate'],
    ['hello', 'holds no certificate'],
    [both.slice(0, -200), 'PEM'],
    [`${first.certificate}${mintLeaf(first, { dns: ['a'] }, new Date(), DAY).certificate}`, 'not of an authority'],
  ] as const) {
    mount(pem)
    await expect.poll(() => problems.at(-1), POLL).toMatch(new RegExp(why, 'i'))
    expect(await source.current()).toBe(both)
  }
  expect(trusted).toHaveLength(2)
  stop.abort()
  await running
})
