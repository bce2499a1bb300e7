import type { FieldError } from '#src/lib/field-error.ts'

/** What the API server asks about, as `admission.k8s.io/v1` has it. The object itself is not looked into here. */
export interface AdmissionRequest {
  readonly uid: string
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string }
  readonly subResource?: string
  readonly name?: string
  readonly namespace?: string
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly userInfo?: { readonly username?: string }
  readonly object?: unknown
  readonly oldObject?: unknown
  readonly dryRun?: boolean
}

/** All that is wrong with an object, and what its author should know although it is accepted. */
export interface Verdict {
  readonly errors: readonly FieldError[]
  readonly warnings: readonly string[]
}

/**
 * What the server asks of the rules. Both may look things up, within time limits of their own; both must be free of side
 * effects. What needs no look-up is best answered at once and not by a promise: it is half the cost of an admission.
 */
export interface Admission {
  validate(request: AdmissionRequest): Verdict | Promise<Verdict>
  /** The object with its defaults filled in; equal to `request.object` when there is nothing to fill in. */
  default(request: AdmissionRequest): unknown
}
