import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'docs', 'bench')

/** Prints a bench's report and writes it to docs/bench/<name>.md. `lines` begin below the title. */
export function saveReport(name: string, title: string, lines: readonly string[]): void {
  const head = [`# ${title}`, '', `<!-- Written by \`npm run bench -- ${name}\`. Do not edit. -->`, '']
  const text = [...head, ...lines].join('\n').trimEnd()
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, `${name}.md`), `${text}\n`)
  console.log(text)
}
