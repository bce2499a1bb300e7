import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const END = '<!-- End of what is generated. -->'

/** A page that is written by hand but for the lines between two marks; `source` is named in the first. */
export function markedPage(file: string, source: string, lines: readonly string[]): { path: string; content: string } {
  const start = `<!-- Generated from ${source} by \`npm run generate\`. -->`
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', file), 'utf8')
  const [before, rest = ''] = page.split(start)
  const [, after] = rest.split(END)
  if (after === undefined) throw new Error(`${file} has lost the marks around what is generated`)
  return { path: file, content: `${before}${start}\n\n${lines.join('\n')}\n\n${END}${after}` }
}
