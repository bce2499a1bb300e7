import { Ajv } from 'ajv'
import { type FieldError, renderError } from '#src/lib/field-error.ts'
import { parseGuarded } from '#src/lib/json-guard.ts'
import type { PatchOperation } from '#src/lib/json-patch.ts'
import type { Result } from '#src/lib/result.ts'
import { causes, told, untold } from '#src/rules/feedback.ts'
import type { AdmissionRequest } from './admission.ts'

/** A question, or why the body is none (an HTTP 400). */
export type ParsedReview = Result<{ readonly request: AdmissionRequest }>

/** A Workspace is 12 levels deep at most where its schema ends; pod templates and selectors inside it add some 20. */
export const MAX_DEPTH = 64

/**
 * Twice the values that rules read (`LIMIT.judged`), once for the old object, and as many for each one's `managedFields`; and some
 * to spare. To parse more takes long.
 */
export const MAX_VALUES = 25_000

/** Reads an AdmissionReview v1. Fields that we do not know are let through: newer API servers may send more. */
export function parseReview(body: Buffer): ParsedReview {
  const json = parseGuarded(body, { maxDepth: MAX_DEPTH, maxValues: MAX_VALUES })
  if (!json.ok) return json
  if (isReview(json.value)) return { ok: true, request: json.value.request }
  const [error] = isReview.errors ?? []
  return {
    ok: false,
    reason: `not an AdmissionReview of admission.k8s.io/v1: ${error?.instancePath ?? ''} ${error?.message ?? ''}`,
  }
}

/** An answer of `admission.k8s.io/v1`, ready to be serialised. */
export interface AdmissionReview {
  readonly apiVersion: 'admission.k8s.io/v1'
  readonly kind: 'AdmissionReview'
  readonly response: AdmissionResponse
}

export interface AdmissionResponse {
  readonly uid: string
  readonly allowed: boolean
  readonly status?: Status
  readonly patchType?: 'JSONPatch'
  readonly patch?: string
  readonly warnings?: readonly string[]
}

/** `meta/v1` Status: kubectl prints its message, programs read its causes. */
export interface Status {
  readonly apiVersion: 'v1'
  readonly kind: 'Status'
  readonly status: 'Failure'
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly details?: {
    readonly group?: string
    readonly kind?: string
    readonly name?: string
    readonly causes?: readonly { readonly reason: string; readonly field?: string; readonly message: string }[]
  }
}

export const allowed = (request: AdmissionRequest, warnings: readonly string[] = []): AdmissionReview =>
  review(request, { allowed: true, ...withWarnings(warnings) })

/** Refuses with every error at once: one message for people, one cause per field for programs. */
export function denied(
  request: AdmissionRequest,
  errors: readonly FieldError[],
  warnings: readonly string[] = [],
): AdmissionReview {
  const { kind, group } = request.kind
  const shown = told(errors)
  const lines = [...shown.map(renderError), untold(errors.length, shown.length)].filter((line) => line !== '')
  // The same shape as the API server's own schema errors, so that people read one kind of message only.
  const list = lines.length === 1 ? ` ${lines[0]}` : lines.map((line) => `\n* ${line}`).join('')
  const name = request.name ?? ''
  const status: Status = {
    ...failure(422, 'Invalid', `${kind}.${group} "${name}" is invalid:${list}`),
    details: {
      group,
      kind,
      name,
      causes: causes(shown),
    },
  }
  const room = MAX_TOLD - Buffer.byteLength(JSON.stringify(status))
  return review(request, { allowed: false, status, ...withWarnings(warnings, room) })
}

/** Accepts with changes; no operations is a plain yes. */
export const patched = (
  request: AdmissionRequest,
  operations: readonly PatchOperation[],
  warnings: readonly string[] = [],
): AdmissionReview =>
  operations.length === 0
    ? allowed(request, warnings)
    : review(request, {
        allowed: true,
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(operations), 'utf8').toString('base64'),
        ...withWarnings(warnings),
      })

/**
 * A Status as the body of an HTTP error. The API server then counts the call as failed, so that the configuration's
 * failurePolicy decides, and it shows the message to the user.
 */
export const failure = (code: number, reason: string, message: string): Status => ({
  apiVersion: 'v1',
  kind: 'Status',
  status: 'Failure',
  code,
  reason,
  message,
})

/** Our own mistake: says where to look, and nothing about the inside. */
export const errored = (id: string, what: string): Status =>
  failure(500, 'InternalError', `${what}; this is not about your object: look for ${id} in the operator's log`)

const review = (request: AdmissionRequest, response: Omit<AdmissionResponse, 'uid'>): AdmissionReview => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response: { uid: request.uid, ...response },
})

/** Bytes of status and warnings together: with the frame around them an answer stays below 8 KiB. */
const MAX_TOLD = 7936

/**
 * Warnings travel as HTTP headers: the API server drops one that holds a line break or another control character. The
 * first ones are told, as many as there is room for.
 */
function withWarnings(warnings: readonly string[], room = MAX_TOLD): Pick<AdmissionResponse, 'warnings'> {
  let left = room
  const lines = warnings.map((warning) => warning.replaceAll(/[\s\p{Cc}]+/gu, ' '))
  const beyond = lines.findIndex((line) => {
    left -= Buffer.byteLength(JSON.stringify(line)) + 1
    return left < 0
  })
  const fitting = beyond === -1 ? lines : lines.slice(0, beyond)
  return fitting.length === 0 ? {} : { warnings: fitting }
}

const short = { type: 'string', maxLength: 253 }
const requestSchema = {
  type: 'object',
  required: ['uid', 'kind', 'resource', 'operation'],
  properties: {
    uid: { type: 'string', minLength: 1, maxLength: 128 },
    kind: {
      type: 'object',
      required: ['group', 'version', 'kind'],
      properties: { group: short, version: short, kind: short },
    },
    resource: {
      type: 'object',
      required: ['group', 'version', 'resource'],
      properties: { group: short, version: short, resource: short },
    },
    subResource: short,
    name: short,
    namespace: short,
    operation: { enum: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] },
    userInfo: { type: 'object', properties: { username: { type: 'string' } } },
    object: { type: ['object', 'null'] },
    oldObject: { type: ['object', 'null'] },
    dryRun: { type: 'boolean' },
  },
}

const isReview = new Ajv({ allErrors: false, strict: true, allowUnionTypes: true }).compile<{
  request: AdmissionRequest
}>({
  type: 'object',
  required: ['apiVersion', 'kind', 'request'],
  properties: {
    apiVersion: { const: 'admission.k8s.io/v1' },
    kind: { const: 'AdmissionReview' },
    request: requestSchema,
  },
})
