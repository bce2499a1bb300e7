import { Lexer, parseDocument } from 'yaml'
import type { Result } from './result.ts'

/** `reason` completes the sentence "the file cannot be read:"; `line` counts from 1. */
export type YamlResult = Result<{ readonly value: unknown }, string, { readonly line?: number }>

/** Limits of a text that strangers write. A configuration file stays far below each of them. */
const MAX_CHARACTERS = 32 * 1024
const MAX_DEPTH = 16
/** The parser takes quadratic time in places (duplicate keys, one error after another), the lexer linear. */
const MAX_TOKENS = 2000
const MAX_ALIASES = 20
/** What an expanded document may hold: aliases are cheap to write and dear to expand. */
const MAX_NODES = 5000
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Reads one YAML 1.2 document (so `no` is a word and 2e-4 a number) that nobody vouches for: bounded in size, depth and
 * aliases; no custom tags, no duplicate keys, no key that would reach a prototype. Takes milliseconds at worst.
 */
export function parseYaml(text: string): YamlResult {
  if (text.length > MAX_CHARACTERS) return refuse(`it is longer than ${MAX_CHARACTERS / 1024} KiB`)
  const deep = deepLine(text)
  if (deep !== undefined) return refuse(TOO_DEEP, deep)
  if (hasTooManyTokens(text)) return refuse('it has more parts than any configuration needs')
  try {
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      uniqueKeys: true,
      stringKeys: true,
      prettyErrors: false,
      logLevel: 'error',
    })
    const fault = document.errors[0] ?? document.warnings[0]
    if (fault) return refuse(QUOTING[fault.code] ?? firstLine(fault.message), lineAt(text, fault.pos[0]))
    return inspect(document.toJS({ maxAliasCount: MAX_ALIASES }))
  } catch (error) {
    if (error instanceof RangeError) return refuse(TOO_DEEP)
    return refuse(error instanceof ReferenceError ? (QUOTING['BAD_ALIAS'] ?? '') : 'it is not YAML')
  }
}

function hasTooManyTokens(text: string): boolean {
  let tokens = 0
  for (const _ of new Lexer().lex(text)) {
    tokens += 1
    if (tokens > MAX_TOKENS) return true
  }
  return false
}

const lineAt = (text: string, offset: number) => text.slice(0, offset).split('\n').length

const TOO_DEEP = `it is nested deeper than ${MAX_DEPTH} levels`

function refuse(reason: string, line?: number): YamlResult {
  return line === undefined ? { ok: false, reason } : { ok: false, reason, line }
}

/** What the parser would say of these with words of the text, which may be anything that should not be told. */
const QUOTING: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias is not one that an anchor before it has',
  BAD_DIRECTIVE: 'a directive is not understood',
  BAD_DQ_ESCAPE: 'an escape sequence in double quotes is not valid',
  TAG_RESOLVE_FAILED: 'a tag is not known',
  UNEXPECTED_TOKEN: 'something stands where it cannot be',
  IMPOSSIBLE: 'it is not YAML',
}

const firstLine = (message: string) => message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message

function inspect(root: unknown): YamlResult {
  let nodes = 0
  const walk = (value: unknown, depth: number): string | undefined => {
    nodes += 1
    if (nodes > MAX_NODES) return `it holds more than ${MAX_NODES} values`
    if (depth > MAX_DEPTH) return TOO_DEEP
    if (typeof value !== 'object' || value === null) return undefined
    for (const [key, member] of Object.entries(value)) {
      if (FORBIDDEN_KEYS.has(key)) return `the key ${JSON.stringify(key)} is not allowed`
      const fault = walk(member, depth + 1)
      if (fault !== undefined) return fault
    }
    return undefined
  }
  const fault = walk(root, 0)
  return fault === undefined ? { ok: true, value: root } : refuse(fault)
}

/**
 * The first line whose brackets or leading indicators nest so deeply that the parser itself would be at risk.
 * Only counts characters, so it is generous: what it lets through is measured again after parsing.
 */
function deepLine(text: string): number | undefined {
  let open = 0
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(?:[-?:]\s+){17}/.test(line)) return index + 1
    for (const character of line) {
      if (character === '[' || character === '{') open += 1
      else if ((character === ']' || character === '}') && open > 0) open -= 1
      if (open > MAX_DEPTH * 4) return index + 1
    }
  }
  return undefined
}
