import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

const IMPORT_OR_EXPORT = /^(?:import|export)\s[^'"]*?\sfrom\s+['"][^'"]+['"]/gm
const COMMENT = /\/\*.*?\*\/|\/\/[^\n]*/gs

/** The `as` of a mapped type renames its keys: `[K in keyof T as …]`. */
const RENAMED_KEY = /\[\w+ in [^\]]*? as /g

/** Every `as` of a TypeScript file that claims a type (`as const` claims none), as `file:line`. */
export function typeCasts(file: string): string[] {
  const source = readFileSync(file, 'utf8')
  const blank = (text: string) => text.replaceAll(/[^\n]/g, ' ')
  const code = source.replaceAll(IMPORT_OR_EXPORT, blank)
  // Node blanks what is type syntax and leaves every other character in its place: here it is the other way round.
  const run = stripTypeScriptTypes(source)
  if (run.length !== source.length) throw new Error(`${file}: not of the same length without its types`)
  const types = code.split('').map((character, index) => (character === run[index] ? blank(character) : character))
  return [
    ...types
      .join('')
      .replaceAll(COMMENT, blank)
      .replaceAll(RENAMED_KEY, blank)
      .matchAll(/\bas\s+(?!const\b)/g),
  ].map(({ index }) => `${file}:${source.slice(0, index).split('\n').length}`)
}
