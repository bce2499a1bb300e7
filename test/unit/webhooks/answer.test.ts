import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { invalid } from '#src/lib/field-error.ts'
import type { Clock } from '#src/runtime/clock.ts'
import type { Admission, AdmissionRequest } from '#webhooks/admission.ts'
import { answer } from '#webhooks/answer.ts'
import type { AdmissionEntry, AdmissionObserver } from '#webhooks/observer.ts'
import { admissionReview } from './admission-review.ts'

const WRONG = { ...invalid('resource.count', 2, 'too many'), origin: 'resource.count' }
const good: Admission = {
  validate: async () => ({ errors: [], warnings: ['a warning'] }),
  default: async (request) => ({ ...(request.object as object), count: 1 }),
}
const broken: Admission = {
  validate: async () => Promise.reject(new Error('secret inside')),
  default: () => {
    throw new Error('secret inside')
  },
}

describe('an answer of the validating webhook', () => {
  it('is yes with the warnings', async () => {
    const { code, response, entries } = await ask('validate', good)
    expect(code).toBe(200)
    expect(response).toEqual({ uid: expect.any(String), allowed: true, warnings: ['a warning'] })
    expect(entries).toEqual([
      {
        webhook: 'validate',
        uid: response?.uid,
        operation: 'CREATE',
        namespace: 'default',
        name: 'phi',
        user: 'jane',
        dryRun: false,
        allowed: true,
        origins: [],
        warnings: 1,
        operations: 0,
        ms: 0,
      },
    ])
  })

  it('is no with the rules that refused', async () => {
    const { code, response, entries } = await ask('validate', {
      ...good,
      validate: async () => ({ errors: [WRONG], warnings: [] }),
    })
    expect([code, response?.allowed, response?.status?.code]).toEqual([200, false, 422])
    expect(entries).toMatchObject([{ allowed: false, origins: ['resource.count'] }])
  })

  it('is a 500 with an id, and nothing else, when a rule has a bug', async () => {
    const { code, body, failures } = await ask('validate', broken)
    expect(code).toBe(500)
    expect(body).toMatchObject({ kind: 'Status', code: 500, reason: 'InternalError' })
    expect(JSON.stringify(body)).toContain('id-1')
    expect(JSON.stringify(body)).not.toContain('secret inside')
    expect(failures).toMatchObject([
      { id: 'id-1', webhook: 'validate', name: 'phi', error: new Error('secret inside') },
    ])
  })

  it('is a 500 when the rules take longer than the budget', async () => {
    const slow: Admission = { ...good, validate: () => new Promise(() => {}) }
    const { code, failures } = await ask('validate', slow, {}, 'at once')
    expect([code, failures.length]).toEqual([500, 1])
  })

  it('is the same whether the rules answer at once or later', async () => {
    const atOnce: Admission = {
      validate: () => ({ errors: [WRONG], warnings: [] }),
      default: ({ object }) => ({ ...(object as object), count: 1 }),
    }
    const later: Admission = {
      validate: async (request) => atOnce.validate(request),
      default: async (request) => atOnce.default(request),
    }
    for (const webhook of ['validate', 'mutate'] as const) {
      expect((await ask(webhook, atOnce)).response).toEqual((await ask(webhook, later)).response)
    }
    const throwing: Admission = {
      ...good,
      validate: () => {
        throw new Error('secret inside')
      },
    }
    expect((await ask('validate', throwing)).code).toBe(500)
  })

  it.each([
    ['deletion', { operation: 'DELETE' }],
    ['status', { operation: 'UPDATE', subResource: 'status' }],
    [
      'an object on its way out',
      { operation: 'UPDATE', object: { metadata: { deletionTimestamp: '2026-11-23T12:00:00Z' } } },
    ],
  ] satisfies [string, Partial<AdmissionRequest>][])(
    'is yes without a question to the rules for %s',
    async (_what, request) => {
      for (const webhook of ['validate', 'mutate'] as const) {
        const { response } = await ask(webhook, broken, request)
        expect(response).toEqual({ uid: expect.any(String), allowed: true })
      }
    },
  )

  it('is a 400 for a creation without an object', async () => {
    expect((await ask('validate', good, { object: null })).code).toBe(400)
  })
})

describe('an answer of the defaulting webhook', () => {
  it('is a patch that fills in what is missing', async () => {
    const { response, entries } = await ask('mutate', good)
    expect(JSON.parse(Buffer.from(response?.patch ?? '', 'base64').toString())).toEqual([
      { op: 'add', path: '/count', value: 1 },
    ])
    expect(entries).toMatchObject([{ webhook: 'mutate', operations: 1 }])
  })

  it('has no patch where nothing is missing', async () => {
    const { response } = await ask('mutate', good, { object: { count: 1 } })
    expect(response).toEqual({ uid: expect.any(String), allowed: true })
  })

  it.each([
    ['has a bug', broken, 'never' as const],
    ['takes too long', { ...good, default: () => new Promise<never>(() => {}) }, 'at once' as const],
  ])('is yes with a warning that names an id when the code %s', async (_what, admission, timeout) => {
    const { code, response, failures } = await ask('mutate', admission, {}, timeout)
    expect([code, response?.allowed, response?.patch]).toEqual([200, true, undefined])
    expect(response?.warnings?.[0]).toContain('id-1')
    expect(failures).toHaveLength(1)
  })
})

it('answers any object at all without an exception', async () => {
  const echo: Admission = { ...good, default: async (request) => request.object }
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom('validate', 'mutate'),
      async (object, webhook) => {
        const { code } = await ask(webhook, echo, { object })
        expect(code === 200 || Object.hasOwn(object, '__proto__')).toBe(true)
      },
    ),
  )
})

/** Asks with a clock that stands still: its timers fire never, or at once. */
async function ask(
  webhook: 'validate' | 'mutate',
  admission: Admission,
  request: Partial<AdmissionRequest> = {},
  timeout: 'never' | 'at once' = 'never',
) {
  const entries: AdmissionEntry[] = []
  const failures: Parameters<AdmissionObserver['failed']>[0][] = []
  const clock: Clock = {
    now: () => 0,
    after(_ms, fire) {
      if (timeout === 'at once') queueMicrotask(fire)
      return () => {}
    },
  }
  const observer: AdmissionObserver = {
    answered: (entry) => entries.push(entry),
    refused: () => {},
    failed: (failure) => failures.push(failure),
  }
  let ids = 0
  const options = { admission, budgetMs: 2_000, observer, clock, newId: () => `id-${++ids}` }
  const bytes = Buffer.from(JSON.stringify(admissionReview({ object: { kind: 'Workspace' }, ...request })))
  const { code, body } = await answer(webhook, bytes, options)
  const response = 'response' in body ? body.response : undefined
  return { code, body, response, entries, failures }
}
