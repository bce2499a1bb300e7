import { ENDS } from '#src/contract/ends.ts'
import { MESSAGES } from '#src/contract/messages.ts'
import { markedPage } from './marked-page.ts'

/** docs/steps.md with the table of ends as the contract has it; the text around it is written by hand. */
export function stepsPage(): { readonly path: string; readonly content: string } {
  const rows = Object.entries(ENDS).map(
    ([reason, { exitCode, again, because }]) =>
      `| ${exitCode} | \`${reason}\` | ${stepsThatEnd(reason).join(', ')} | ${again ? 'yes' : 'no'}: ${because} |`,
  )
  const table = ['| exit code | reason | step | another try? |', '|---|---|---|---|', '| 0 | - | all | |', ...rows]
  return markedPage('docs/steps.md', 'src/contract/ends.ts', table)
}

const stepsThatEnd = (so: string) =>
  MESSAGES.filter(({ ends }) => ends.some((reason) => reason === so)).map(({ name }) => name)
