import { describe, expect, it } from 'vitest'
import { applyFailure } from '#src/kube/apply-failure.ts'
import { errorOfAnswer } from '#src/kube/errors.ts'

const object = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'phi-3' } }
const answered = (code: number, message: string) =>
  applyFailure(
    object,
    errorOfAnswer('PATCH /apis/apps/v1/x', code, JSON.stringify({ kind: 'Status', message, reason: 'R', code })),
  )

describe('an object that cannot be applied', () => {
  it('is named with the words of the API server, and not with the call', () => {
    expect(answered(422, 'spec.replicas: Invalid value: -1')).toEqual({
      kind: 'StatefulSet',
      reason: 'ApplyFailed',
      message:
        'StatefulSet phi-3 cannot be applied: spec.replicas: Invalid value: -1. Correct in the Workspace what the message names; it is tried again',
    })
  })

  it.for<[string, number, string, RegExp]>([
    ['a quota', 403, 'statefulsets.apps "phi-3" is forbidden: exceeded quota: small', /Raise the ResourceQuota/],
    [
      'a right',
      403,
      'statefulsets.apps "phi-3" is forbidden: User "x" cannot patch resource "statefulsets"',
      /operator's service account this right/,
    ],
    ['a policy', 422, "ValidatingAdmissionPolicy 'p' denied request: no", /or in the policy that refuses it/],
    ['a namespace at its end', 403, 'unable to create new content in namespace x', /Change what the message names/],
    ['a webhook', 400, 'admission webhook "w" denied the request: no', /or in the policy that refuses it/],
    ['another writer', 409, 'the object has been modified', /Nothing is to be done/],
    ['an overloaded server', 429, 'too many requests', /Wait for the API server/],
    ['a server in trouble', 500, 'etcdserver: request timed out', /Wait for the API server/],
  ])('tells the remedy where %s is the cause', ([, code, words, remedy]) => {
    const { message } = answered(code, words)
    expect(message).toContain(words)
    expect(message).toMatch(remedy)
    expect(message).toMatch(/; it is tried again$/)
  })

  it('keeps the remedy where the words are endless, and points to the log where it was no answer', () => {
    expect(answered(422, 'x'.repeat(20_000)).message).toMatch(/^.{900,1024}$/)
    expect(answered(422, 'x'.repeat(20_000)).message).toMatch(/what the message names; it is tried again$/)
    expect(applyFailure(object, new TypeError('bug')).message).toContain("operator's log")
  })
})
