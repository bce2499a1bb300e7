import type { Result } from './result.ts'

/** What a text turned out to be: a JSON value that is safe to walk, or why it is not taken. */
export type GuardedJson = Result<{ readonly value: unknown }>

export interface JsonBounds {
  readonly maxDepth: number
  /** Counted in a large body only. */
  readonly maxValues: number
}

/**
 * Parses untrusted JSON. JSON.parse accepts a million levels, but everything that walks the result afterwards (ajv, rules,
 * JSON.stringify) would overflow the stack. A `__proto__` key is harmless as parsed, but one `Object.assign` away from
 * changing the prototype of something. A large body is measured before it is parsed: a thousand levels or values are parsed
 * in no time, a million are not.
 */
export function parseGuarded(body: Buffer, { maxDepth, maxValues }: JsonBounds): GuardedJson {
  const excess = body.length > LARGE ? excessOf(body, maxDepth, maxValues) : undefined
  if (excess === 'depth') return tooDeep(maxDepth)
  if (excess === 'values') return { ok: false, reason: `JSON has more than ${maxValues} values` }
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    return { ok: false, reason: 'the body is not JSON' }
  }
  const fault = faultOf(value, maxDepth)
  if (fault === 'depth') return tooDeep(maxDepth)
  if (fault === 'proto') return { ok: false, reason: '"__proto__" is not allowed as a key' }
  return { ok: true, value }
}

const tooDeep = (maxDepth: number): GuardedJson => ({
  ok: false,
  reason: `JSON is nested more than ${maxDepth} levels deep`,
})

/** A loop over parsed values costs a fifth of one over the bytes. */
function faultOf(value: unknown, depth: number): 'depth' | 'proto' | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === 0) return 'depth'
  if (Array.isArray(value)) {
    for (const each of value) {
      const fault = faultOf(each, depth - 1)
      if (fault !== undefined) return fault
    }
    return undefined
  }
  for (const key in value) {
    if (key === '__proto__') return 'proto'
    const fault = faultOf((value as Readonly<Record<string, unknown>>)[key], depth - 1)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** Bytes. Nothing that is smaller can be deep enough to be slow. */
const LARGE = 65_536
const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Looks outside of strings only; UTF-8 never has these bytes inside a longer character. Every value but the first of a list or
 * an object has a comma before it.
 */
function excessOf(body: Buffer, maxDepth: number, maxValues: number): 'depth' | 'values' | undefined {
  let depth = 0
  let values = 0
  for (let index = 0; index < body.length; index++) {
    const byte = body[index]
    if (byte === QUOTE) index = endOfString(body, index)
    else if (byte === COMMA) values++
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > maxDepth) return 'depth'
      values++
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--
    if (values > maxValues) return 'values'
  }
  return undefined
}

/** The position of the closing quote, or of the last byte where there is none. */
function endOfString(body: Buffer, open: number): number {
  let index = open + 1
  while (index < body.length) {
    // Nearly all strings are short, and so is what lies between the escaped quotes of a long one: a step is cheaper than a call
    // of indexOf. For the rest it is the other way round.
    const near = Math.min(body.length, index + SHORT_STRING)
    for (; index < near; index++) {
      const byte = body[index]
      if (byte === QUOTE) return index
      if (byte === BACKSLASH) index++
    }
    const close = body.indexOf(QUOTE, index)
    if (close < 0) break
    let first = close
    while (first > index && body[first - 1] === BACKSLASH) first--
    if ((close - first) % 2 === 0) return close
    index = close + 1
  }
  return body.length - 1
}

const SHORT_STRING = 96
