import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

/** How a remark is written in a file. */
const REMARK: Readonly<Record<string, (text: string) => string>> = {
  '.md': (text) => `<!-- ${text} -->`,
  '.yaml': (text) => `# ${text}`,
}

/** A page that is written by hand but for the lines between two marks; `source` is named in the first. */
export function markedPage(file: string, source: string, lines: readonly string[]): { path: string; content: string } {
  const remark = REMARK[extname(file)]
  if (remark === undefined) throw new Error(`${file} is of no kind that has marks`)
  const start = remark(`Generated from ${source} by \`npm run generate\`.`)
  const end = remark('End of what is generated.')
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', file), 'utf8')
  const [before = '', rest = ''] = page.split(start)
  const [, after] = rest.split(end)
  if (after === undefined) throw new Error(`${file} has lost the marks around what is generated`)
  const indent = before.slice(before.lastIndexOf('\n') + 1)
  return { path: file, content: `${before}${start}\n\n${lines.join('\n')}\n\n${indent}${end}${after}` }
}
