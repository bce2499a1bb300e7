import { deepEqual } from './deep.ts'
import { isJsonObject } from './json.ts'

/** One operation of RFC 6902; `path` is a JSON pointer (RFC 6901). */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/**
 * The operations that turn JSON value `from` into `to`, touching nothing that is equal: members are added, replaced and
 * removed one by one, and a list is edited between its common head and tail rather than replaced. Inputs must be JSON
 * (no `undefined`, no cycles) and are not changed.
 */
export function diff(from: unknown, to: unknown): PatchOperation[] {
  const operations: PatchOperation[] = []
  compare(from, to, '', operations)
  return operations
}

function compare(from: unknown, to: unknown, path: string, operations: PatchOperation[]): void {
  // Whoever changed little has mostly handed on what he was given.
  if (from === to) return
  if (Array.isArray(from) && Array.isArray(to)) compareLists(from, to, path, operations)
  else if (isJsonObject(from) && isJsonObject(to)) compareObjects(from, to, path, operations)
  else operations.push({ op: 'replace', path, value: to })
}

function compareObjects(from: JsonObject, to: JsonObject, path: string, operations: PatchOperation[]): void {
  for (const key of Object.keys(from)) {
    const at = `${path}/${pointerStep(key)}`
    if (Object.hasOwn(to, key)) compare(from[key], to[key], at, operations)
    else operations.push({ op: 'remove', path: at })
  }
  for (const key of Object.keys(to)) {
    if (!Object.hasOwn(from, key)) operations.push({ op: 'add', path: `${path}/${pointerStep(key)}`, value: to[key] })
  }
}

function compareLists(
  from: readonly unknown[],
  to: readonly unknown[],
  path: string,
  operations: PatchOperation[],
): void {
  const shorter = Math.min(from.length, to.length)
  let head = 0
  while (head < shorter && deepEqual(from[head], to[head])) head++
  let tail = 0
  while (tail < shorter - head && deepEqual(from[from.length - 1 - tail], to[to.length - 1 - tail])) tail++

  const [endFrom, endTo] = [from.length - tail, to.length - tail]
  const both = Math.min(endFrom, endTo)
  for (let index = head; index < both; index++) compare(from[index], to[index], `${path}/${index}`, operations)
  // From the back, so that no removal moves what another one means.
  for (let index = endFrom - 1; index >= both; index--) operations.push({ op: 'remove', path: `${path}/${index}` })
  for (let index = both; index < endTo; index++) {
    operations.push({ op: 'add', path: `${path}/${index}`, value: to[index] })
  }
}

type JsonObject = Readonly<Record<string, unknown>>

/** RFC 6901: `~` first, or the `~` of an escaped `/` would be escaped again. */
const pointerStep = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')
