import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')

/** The ```sh blocks of one section of a document, in order; the section without a heading is what comes before the first. */
export function shellBlocks(file: string, heading = ''): string[] {
  const sections = readFileSync(join(ROOT, file), 'utf8').split(/^(?=## )/m)
  const section = sections.find((text) =>
    heading === '' ? !text.startsWith('## ') : text.startsWith(`## ${heading}\n`),
  )
  if (section === undefined) throw new Error(`${file} has no section "${heading}"`)
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? '')
}

/** All ```sh blocks of a document, line by line. */
export const shellLines = (file: string): string[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)].flatMap((match) =>
    (match[1] ?? '').trimEnd().split('\n'),
  )

/** The ```yaml block of a document that says in its first line which file it is. */
export function yamlFile(file: string, path: string): string {
  const blocks = readFileSync(join(ROOT, file), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)
  const found = [...blocks].map((match) => match[1] ?? '').find((text) => text.startsWith(`# ${path}\n`))
  if (found === undefined) throw new Error(`${file} has no file ${path}`)
  return found
}
