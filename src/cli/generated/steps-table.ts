import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENDS } from '#src/contract/ends.ts'

const FILE = 'docs/steps.md'
const START = '<!-- Generated from src/contract/ends.ts by `npm run generate`. -->'
const END = '<!-- End of what is generated. -->'

/** docs/steps.md with the table of ends as the contract has it; the text around it is written by hand. */
export function stepsPage(): { readonly path: string; readonly content: string } {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', FILE), 'utf8')
  const [before, rest = ''] = page.split(START)
  const [, after] = rest.split(END)
  if (after === undefined) throw new Error(`${FILE} has lost the marks around its table`)
  const rows = Object.entries(ENDS).map(
    ([reason, { exitCode, steps, again, because }]) =>
      `| ${exitCode} | \`${reason}\` | ${steps.join(', ')} | ${again ? 'yes' : 'no'}: ${because} |`,
  )
  const table = ['| exit code | reason | step | another try? |', '|---|---|---|---|', '| 0 | - | all | |', ...rows]
  return { path: FILE, content: `${before}${START}\n\n${table.join('\n')}\n\n${END}${after}` }
}
