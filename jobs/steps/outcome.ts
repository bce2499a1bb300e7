/** Why a step failed, and the exit code that carries it to the Job's failure policy. */
export const EXIT_CODES = {
  ConfigInvalid: 64,
  DatasetInvalid: 65,
  DatasetUnreachable: 66,
  BaseModelUnavailable: 67,
  OutOfMemory: 68,
  TrainingFailed: 69,
  PushFailed: 75,
  PullFailed: 75,
  PushDenied: 77,
  PullDenied: 77,
} as const

export type Reason = keyof typeof EXIT_CODES

/** How a step ended. `message` tells the Workspace's owner what to do next. */
export type Outcome =
  | { readonly ok: true; readonly result: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: Reason; readonly message: string }

export function failed(reason: Reason, message: string): Outcome {
  return { ok: false, reason, message }
}

export function exitCode(outcome: Outcome): number {
  return outcome.ok ? 0 : EXIT_CODES[outcome.reason]
}

/** The JSON for the termination log: at most 4096 bytes, which is all that the kubelet keeps. Long parts are cut. */
export function terminationMessage(outcome: Outcome): string {
  if (!outcome.ok) return cutMessage(outcome.reason, outcome.message)
  let result = outcome.result
  for (;;) {
    const text = JSON.stringify({ result })
    if (Buffer.byteLength(text) <= LIMIT) return text
    const longest = longestList(result)
    if (longest === undefined) return JSON.stringify({ result: { truncated: true } })
    result = { ...result, [longest.key]: longest.list.slice(0, Math.floor(longest.list.length / 2)), truncated: true }
  }
}

/** The kubelet's limit for one container's termination message. */
const LIMIT = 4096

function cutMessage(reason: Reason, message: string): string {
  for (let length = message.length; ; length = Math.floor(length * 0.9)) {
    const cut = length < message.length ? `${message.slice(0, length)}…` : message
    const text = JSON.stringify({ reason, message: cut })
    if (Buffer.byteLength(text) <= LIMIT || length === 0) return text
  }
}

function longestList(result: Readonly<Record<string, unknown>>): { key: string; list: unknown[] } | undefined {
  const lists = Object.entries(result).flatMap(([key, list]) =>
    Array.isArray(list) && list.length > 0 ? [{ key, list: list as unknown[] }] : [],
  )
  return lists.toSorted((a, b) => b.list.length - a.list.length)[0]
}
