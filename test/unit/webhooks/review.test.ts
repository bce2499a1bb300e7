import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { invalid, required } from '#src/lib/field-error.ts'
import { allowed, denied, errored, MAX_DEPTH, MAX_VALUES, parseReview, patched } from '#webhooks/review.ts'
import { admissionReview } from './admission-review.ts'

const body = (value: unknown) => Buffer.from(JSON.stringify(value))
const why = (bytes: Buffer) => {
  const parsed = parseReview(bytes)
  return parsed.ok ? 'accepted' : parsed.reason
}
const { request } = admissionReview({ object: { kind: 'Workspace' } })

describe('parseReview', () => {
  it('reads a review and lets fields through that it does not know', () => {
    const review = { ...admissionReview({ object: { kind: 'Workspace' } }), future: 1 }
    expect(parseReview(body(review))).toEqual({ ok: true, request })
  })

  it.each([
    ['nothing', '', 'the body is not JSON'],
    ['half a body', '{"apiVersion":"admis', 'the body is not JSON'],
    [
      'another version',
      '{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{}}',
      'not an AdmissionReview',
    ],
    ['no request', '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}', "required property 'request'"],
    ['a list', '[]', 'must be object'],
    ['null', 'null', 'must be object'],
  ])('refuses %s', (_what, text, reason) => {
    expect(why(Buffer.from(text))).toContain(reason)
  })

  it('refuses a request without a uid or with an object that is none', () => {
    expect(why(body({ ...admissionReview({}), request: { ...request, uid: '' } }))).toContain('/request/uid')
    expect(why(body(admissionReview({ object: [] })))).toContain('/request/object')
  })

  it('takes 64 levels and not one more, whatever they are made of', () => {
    const nested = (depth: number, open: string, close: string) =>
      Buffer.from(`${open.repeat(depth)}1${close.repeat(depth)}`)
    expect(why(nested(MAX_DEPTH, '[', ']'))).toContain('must be object')
    expect(why(nested(MAX_DEPTH + 1, '[', ']'))).toContain('nested more than 64')
    expect(why(nested(MAX_DEPTH + 1, '{"a":', '}'))).toContain('nested more than 64')
    expect(why(Buffer.from('['.repeat(1_000_000)))).toContain('nested more than 64')
  })

  it('takes 25000 values of a large body and no more, before it parses them', () => {
    const list = (length: number) => body(admissionReview({ object: { list: Array.from({ length }, () => 'xx') } }))
    expect(why(list(MAX_VALUES - 50))).toBe('accepted')
    expect(why(list(MAX_VALUES + 1))).toBe('JSON has more than 25000 values')
    expect(why(Buffer.from('{},'.repeat(500_000)))).toBe('JSON has more than 25000 values')
    expect(why(body(admissionReview({ object: { text: ',[{'.repeat(100_000) } })))).toBe('accepted')
  })

  it('does not take brackets inside of strings for levels', () => {
    const text = '[{"'.repeat(100)
    expect(parseReview(body(admissionReview({ object: { text, [`${text}\\`]: '\\"[[' } }))).ok).toBe(true)
  })

  it.each(['"__proto__"', String.raw`"\u005f_proto__"`, String.raw`"__pr\u006Fto__"`])('refuses the key %s', (key) => {
    const text = JSON.stringify(admissionReview({ object: { metadata: { labels: { here: 1 } } } }))
    expect(why(Buffer.from(text.replace('"here"', key)))).toBe('"__proto__" is not allowed as a key')
    expect(why(Buffer.from(text.replace('"here":1', `"here":${key}`)))).toBe('accepted')
  })

  it('never throws, whatever bytes it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(parseReview(Buffer.from(bytes)).ok).toBe(false)
      }),
    )
  })

  it('never throws, whatever JSON takes the place of a part of a review', () => {
    const paths = ['apiVersion', 'kind', 'request'] as const
    const fields = [
      'uid',
      'kind',
      'resource',
      'subResource',
      'name',
      'namespace',
      'operation',
      'userInfo',
      'object',
      'oldObject',
      'dryRun',
    ] as const
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.constantFrom(...fields),
        fc.jsonValue({ maxDepth: 5 }),
        (path, field, value) => {
          const review = admissionReview({ object: {} })
          expect(parseReview(body({ ...review, request: { ...review.request, [field]: value } }))).toHaveProperty('ok')
          expect(parseReview(body({ ...review, [path]: value }))).toHaveProperty('ok')
        },
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('an answer', () => {
  const errors = [
    { ...required('tuning.output.image', 'an image or a volume is needed'), origin: 'tuning.output' },
    { ...invalid('resource.count', 2, 'tuning runs on one node', { fix: 'write 1' }), origin: 'tuning.count' },
  ]

  it('names all errors in its message and each in a cause', () => {
    expect(denied(request, errors, ['one\r\n two'])).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: {
        uid: request.uid,
        allowed: false,
        warnings: ['one two'],
        status: {
          apiVersion: 'v1',
          kind: 'Status',
          status: 'Failure',
          code: 422,
          reason: 'Invalid',
          message: [
            'Workspace.kaito.sh "phi" is invalid:',
            '* tuning.output.image: an image or a volume is needed [tuning.output]',
            '* resource.count: 2: tuning runs on one node; write 1 [tuning.count]',
          ].join('\n'),
          details: {
            group: 'kaito.sh',
            kind: 'Workspace',
            name: 'phi',
            causes: [
              {
                reason: 'FieldValueRequired',
                field: 'tuning.output.image',
                message: 'an image or a volume is needed [tuning.output]',
              },
              {
                reason: 'FieldValueInvalid',
                field: 'resource.count',
                message: '2: tuning runs on one node; write 1 [tuning.count]',
              },
            ],
          },
        },
      },
    })
  })

  it.each(['é', '€', '😀', '"', '\\'])(
    'stays below 8 KiB with its warnings, whatever they are made of: %s',
    (character) => {
      const errors = Array.from({ length: 25 }, (_, index) => ({
        ...invalid(`a[${index}]`, character.repeat(100), character.repeat(200)),
        origin: 'some.rule',
      }))
      const warnings = Array.from({ length: 16 }, () => character.repeat(256 / character.length))
      for (const answer of [denied(request, errors, warnings), denied(request, errors.slice(0, 1), warnings)]) {
        expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(8192)
        expect(answer.response.status?.details?.causes?.length).toBeGreaterThan(0)
      }
      const plain = allowed(request, warnings)
      expect(Buffer.byteLength(JSON.stringify(plain))).toBeLessThan(8192)
      expect(plain.response.warnings?.length).toBeGreaterThan(4)
    },
  )

  it('is a plain yes where there is nothing to patch', () => {
    expect(patched(request, [])).toEqual(allowed(request))
    expect(allowed(request).response).toEqual({ uid: request.uid, allowed: true })
  })

  it('carries a patch in base64', () => {
    const { patch, patchType } = patched(request, [{ op: 'add', path: '/x', value: 'ü' }]).response
    expect(patchType).toBe('JSONPatch')
    expect(Buffer.from(patch ?? '', 'base64').toString()).toBe('[{"op":"add","path":"/x","value":"ü"}]')
  })

  it('tells where to look for our own mistake', () => {
    expect(errored('id-7', 'it failed').message).toContain('look for id-7')
  })
})
