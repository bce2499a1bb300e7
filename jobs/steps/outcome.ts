import { ENDS, type EndReason } from '#src/contract/ends.ts'
import { OUTCOME_BYTES, type Outcome, type WrittenOutcome } from '#src/contract/outcome.ts'

export type { Outcome }

export type Failed<R extends EndReason> = Exclude<Outcome<R>, { readonly result: unknown }>

export function failed<const R extends EndReason>(reason: R, message: string): Failed<R> {
  return { ok: false, reason, message }
}

export function exitCode(outcome: Outcome): number {
  return outcome.ok ? 0 : ENDS[outcome.reason].exitCode
}

/** The JSON for the termination log: at most 4096 bytes, which is all that the kubelet keeps. Long parts are cut. */
export function terminationMessage(outcome: Outcome): string {
  if (!outcome.ok) return cutMessage(outcome.reason, outcome.message)
  let result = outcome.result
  for (;;) {
    const text = written({ result })
    if (Buffer.byteLength(text) <= OUTCOME_BYTES) return text
    const longest = longestList(result)
    if (longest === undefined) return written({ result: { truncated: true } })
    result = { ...result, [longest.key]: longest.list.slice(0, Math.floor(longest.list.length / 2)), truncated: true }
  }
}

const written = (outcome: WrittenOutcome): string => JSON.stringify(outcome)

function cutMessage(reason: EndReason, message: string): string {
  for (let length = message.length; ; length = Math.floor(length * 0.9)) {
    const cut = length < message.length ? `${message.slice(0, length)}…` : message
    const text = written({ reason, message: cut })
    if (Buffer.byteLength(text) <= OUTCOME_BYTES || length === 0) return text
  }
}

function longestList(result: Readonly<Record<string, unknown>>): { key: string; list: unknown[] } | undefined {
  const lists = Object.entries(result).flatMap(([key, list]) =>
    Array.isArray(list) && list.length > 0 ? [{ key, list }] : [],
  )
  return lists.toSorted((a, b) => b.list.length - a.list.length)[0]
}
