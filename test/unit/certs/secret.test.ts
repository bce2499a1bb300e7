import { describe, expect, it } from 'vitest'
import { advance, type Bundle, newBundle } from '#certs/bundle.ts'
import type { CertSecret } from '#certs/ports.ts'
import { defaultPolicy, type RotationStep } from '#certs/rotation.ts'
import { bundleOf, secretOf } from '#certs/secret.ts'

const NOW = new Date('2026-11-23T12:00:00.000Z')
const where = { namespace: 'kaito', name: 'webhook-cert' }
const names = { dns: ['a.b.svc'] }
const MAKING = { names, policy: defaultPolicy, now: NOW }
const having = (...changes: RotationStep[]): Bundle =>
  changes.reduce((bundle, change) => advance(bundle, change, MAKING), newBundle(MAKING))

describe('a bundle in a Secret', () => {
  it.each([
    ['is new', []],
    ['has a next authority', ['introduce-authority']],
    ['has a published next authority', ['introduce-authority', 'confirm-published']],
    ['has a previous authority', ['introduce-authority', 'confirm-published', 'serve-next']],
    ['has dropped it', ['introduce-authority', 'confirm-published', 'serve-next', 'drop-previous']],
  ] satisfies [string, RotationStep[]][])('comes back as it was when it %s', (_state, changes) => {
    const bundle = having(...changes)
    expect(bundleOf(secretOf(bundle, where))).toEqual({ ok: true, bundle })
  })

  it('keeps what others put on the Secret, and the condition of the write', () => {
    const first = secretOf(having('introduce-authority', 'confirm-published'), where)
    const stored = {
      ...first,
      type: 'Opaque',
      metadata: {
        ...first.metadata,
        resourceVersion: '42',
        labels: { team: 'ml' },
        annotations: { ...first.metadata.annotations, note: 'ours' },
      },
    }
    const { type, metadata } = secretOf(having(), where, stored)
    expect(type).toBe('Opaque')
    expect(metadata).toEqual({
      ...where,
      resourceVersion: '42',
      labels: { team: 'ml', 'app.kubernetes.io/managed-by': 'kaito-ts' },
      annotations: { note: 'ours' },
    })
  })

  it('is not believed when a part is missing, foreign or no PEM', () => {
    const whole = secretOf(having(), where)
    const other = secretOf(having(), where)
    const withData = (data: Record<string, string>): CertSecret => ({ ...whole, data: { ...whole.data, ...data } })
    const why = (secret: CertSecret) => {
      const read = bundleOf(secret)
      return read.ok ? 'accepted' : read.reason
    }
    expect(why({ ...whole, data: {} })).toBe('ca.crt is missing')
    expect(why(withData({ 'tls.key': '' }))).toBe('tls.key is missing')
    expect(why(withData({ 'tls.key': other.data['tls.key'] ?? '' }))).toBe('tls.key does not belong to tls.crt')
    expect(why(withData({ 'ca.key': other.data['ca.key'] ?? '' }))).toBe('ca.key does not belong to ca.crt')
    expect(
      why({
        ...whole,
        data: { ...other.data, 'ca.crt': whole.data['ca.crt'] ?? '', 'ca.key': whole.data['ca.key'] ?? '' },
      }),
    ).toBe('tls.crt is not signed by ca.crt')
    expect(why(withData({ 'tls.crt': Buffer.from('junk').toString('base64') }))).toMatch(/PEM|no start line/i)
  })
})
