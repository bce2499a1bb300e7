import { isJsonObject, parseJsonObject } from '#src/lib/json.ts'
import type { Result } from '#src/lib/result.ts'
import type { EndReason } from './ends.ts'

/** How a step ended. `message` tells the Workspace's owner what to do next. */
export type Outcome<R extends EndReason = EndReason> = Result<
  { readonly result: Readonly<Record<string, unknown>> },
  R,
  { readonly message: string }
>

/** An outcome in the termination message: all that is left of a container. */
export type WrittenOutcome =
  | { readonly result: Readonly<Record<string, unknown>> }
  | { readonly reason: EndReason; readonly message: string }

/** Bytes of a termination message that the kubelet keeps. */
export const OUTCOME_BYTES = 4096

/** What the push step's result says, and the operator puts into the status. */
export interface PushResult {
  readonly image: string
  /** `sha256:<64 hex>` */
  readonly digest: string
  readonly bytes: number
}

/** An outcome as it is found: whatever ran in the pod wrote it, and it may be of another release. */
export interface FoundOutcome {
  readonly reason?: string
  readonly message?: string
  readonly result?: Readonly<Record<string, unknown>>
}

/** What a step wrote to its termination log, or undefined when that is not a step's JSON. Read field by field. */
export function parseOutcome(text: string | undefined): FoundOutcome | undefined {
  if (text === undefined || !text.startsWith('{')) return undefined
  const found = parseJsonObject(text)
  if (found === undefined) return undefined
  const { reason, message, result } = found
  return {
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof message === 'string' ? { message } : {}),
    ...(isJsonObject(result) ? { result } : {}),
  }
}

/** The push step's result, where it is one. */
export function pushResult(found: FoundOutcome | undefined): Pick<PushResult, 'image' | 'digest'> | undefined {
  const { image, digest } = found?.result ?? {}
  const isOne = typeof image === 'string' && typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest)
  return isOne ? { image, digest } : undefined
}
