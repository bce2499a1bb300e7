import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { type Node, parse } from 'acorn'

export interface RegexLiteral {
  readonly file: string
  readonly line: number
  readonly source: string
  readonly flags: string
}

/** Every regular expression that a TypeScript file writes as a literal. */
export function regexLiterals(file: string): RegexLiteral[] {
  const tree = parse(stripTypeScriptTypes(readFileSync(file, 'utf8')), {
    ecmaVersion: 'latest',
    sourceType: 'module',
    locations: true,
  })
  const found: RegexLiteral[] = []
  walk(tree, (node) => {
    if (!('regex' in node) || !node.loc) return
    const { pattern, flags } = node.regex as { pattern: string; flags: string }
    found.push({ file, line: node.loc.start.line, source: pattern, flags })
  })
  return found
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  for (const child of Object.values(node).flat()) if (isNode(child)) walk(child, visit)
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
