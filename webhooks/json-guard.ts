/** What a text turned out to be: a JSON value that is safe to walk, or why it is not taken. */
export type GuardedJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string }

/**
 * Parses untrusted JSON. Depth is measured on the bytes before parsing: JSON.parse accepts a million levels, but
 * everything that walks the result afterwards (ajv, rules, JSON.stringify) would overflow the stack. A `__proto__` key
 * is harmless as parsed, but one `Object.assign` away from changing the prototype of something.
 */
export function parseJson(body: Buffer, maxDepth: number): GuardedJson {
  if (deeperThan(body, maxDepth)) return { ok: false, why: `JSON is nested more than ${maxDepth} levels deep` }
  const text = body.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, why: 'the body is not JSON' }
  }
  if (mayHoldProto(text) && holdsProto(value)) return { ok: false, why: '"__proto__" is not allowed as a key' }
  return { ok: true, value }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Brackets outside of strings only. UTF-8 never has these bytes inside a longer character. */
function deeperThan(body: Buffer, maxDepth: number): boolean {
  let depth = 0
  for (let index = 0; index < body.length; index++) {
    const byte = body[index]
    if (byte === QUOTE) index = endOfString(body, index)
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > maxDepth) return true
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--
  }
  return false
}

/** The position of the closing quote, or of the last byte where there is none. */
function endOfString(body: Buffer, open: number): number {
  // Nearly all strings are short, and a step is cheaper than a call of indexOf; for the rest it is the other way round.
  const near = Math.min(body.length, open + SHORT_STRING)
  for (let index = open + 1; index < near; index++) {
    const byte = body[index]
    if (byte === QUOTE) return index
    if (byte === BACKSLASH) index++
  }
  return endOfLongString(body, open)
}

const SHORT_STRING = 96

function endOfLongString(body: Buffer, open: number): number {
  for (let close = body.indexOf(QUOTE, open + 1); close >= 0; close = body.indexOf(QUOTE, close + 1)) {
    let first = close
    while (body[first - 1] === BACKSLASH) first--
    if ((close - first) % 2 === 0) return close
  }
  return body.length - 1
}

/** A quick no for nearly every body. Written with escapes, the key needs one of `_`, `p`, `r`, `o` or `t` as `\u00XX`. */
const mayHoldProto = (text: string): boolean => text.includes('__proto__') || text.includes('\\u00')

function holdsProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(holdsProto)
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(holdsProto)
}
