import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { FileCertSource } from '#certs/files.ts'
import { type KeyPair, mintAuthority, mintLeaf } from '#certs/mint.ts'
import { firstCertificate } from '#certs/source.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { deafToCerts } from '#test/support/deaf-observers.ts'
import { projectSecret } from '#test/support/projected-secret.ts'

const DAY = 86_400_000
const authority = mintAuthority(new Date(), DAY)
const leaf = () => mintLeaf(authority, { dns: ['a.b.svc'] }, new Date(), DAY)

const folder = mkdtempSync(join(tmpdir(), 'kaito-ts-files-'))
const stop = new AbortController()
const POLL = { timeout: 10_000 }
afterEach(() => {
  stop.abort()
  rmSync(folder, { recursive: true, force: true })
})

const mount = ({ certificate, key }: KeyPair) =>
  projectSecret(
    folder,
    new Map([
      ['tls.crt', certificate],
      ['tls.key', key],
    ]),
  )

describe('certificates from a mounted Secret', () => {
  it('are served when they appear, replaced when they change, and kept when the new ones do not fit together', async () => {
    const problems: string[] = []
    const expiries: Date[] = []
    const observer = {
      ...deafToCerts,
      serving: ({ leafExpires }: { leafExpires: Date }) => expiries.push(leafExpires),
      failed: (error: unknown) => problems.push(String(error)),
    }
    const source = new FileCertSource({ directory: folder, clock: systemClock, pollMs: 10, observer })
    const running = source.run(stop.signal)
    const first = leaf()
    await expect.poll(() => problems.join(), POLL).toContain('ENOENT')
    expect(source.current()).toBeUndefined()

    mount(first)
    expect(await firstCertificate(source, AbortSignal.timeout(10_000))).toEqual(first)

    const second = leaf()
    const changed = new Promise<KeyPair>((resolve) => source.onChange(resolve))
    mount(second)
    expect(await changed).toEqual(second)
    expect(expiries).toHaveLength(2)

    mount({ certificate: leaf().certificate, key: second.key })
    await expect.poll(() => problems.join(), POLL).toContain('does not belong to tls.crt')
    expect(source.current()).toEqual(second)
    stop.abort()
    await running
  })
})
