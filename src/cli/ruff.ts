import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Diagnostic, PositionEncoding, Workspace } from '@astral-sh/ruff-wasm-nodejs'
import { parse } from 'smol-toml'

/**
 * Ruff over all Python of this repository, by the settings in pyproject.toml: format and lint. `--write` formats. Ruff's
 * WebAssembly build reads no files: this does, and tells it which modules are our own.
 */
const root = join(import.meta.dirname, '..', '..')
const PLACES = ['jobs/**/*.py', 'examples/**/*.py', 'test/**/*.py']

interface Settings {
  readonly src: readonly string[]
  readonly exclude: readonly string[]
  readonly lint: Readonly<Record<string, unknown>>
}

// Through JSON, which has no dates of TOML's own: what is left is what the type says, or Ruff refuses it.
const { tool }: { readonly tool: { readonly ruff: Settings } } = JSON.parse(
  JSON.stringify(parse(readFileSync(join(root, 'pyproject.toml'), 'utf8'))),
)
const { src, exclude, ...settings } = tool.ruff
const ours = src.flatMap((folder) => globSync(`${folder}/*.py`, { cwd: root })).map((file) => basename(file, '.py'))
const ruff = new Workspace(
  { ...settings, lint: { ...settings.lint, isort: { 'known-first-party': ours } } },
  PositionEncoding.Utf16,
)

const check = (text: string): readonly Diagnostic[] => ruff.check(text)

const files = globSync(PLACES, { cwd: root }).filter((file) => !exclude.includes(file))
const write = process.argv.includes('--write')
let faults = 0
for (const file of files.sort()) {
  const path = join(root, file)
  const text = readFileSync(path, 'utf8')
  const formatted = ruff.format(write ? sorted(text) : text)
  if (formatted !== text && write) writeFileSync(path, formatted)
  const found = check(write ? formatted : text).map(
    ({ code, message, start_location: { row, column } }) => `${file}:${row}:${column} ${code ?? 'syntax'} ${message}`,
  )
  if (formatted !== text && !write) found.push(`${file} is not formatted: npm run format`)
  for (const line of found) console.log(line)
  faults += found.length
}
console.log(`${files.length} Python files, ${faults} faults (ruff ${Workspace.version()})`)
process.exit(faults === 0 ? 0 : 1)

/** The same text with its imports in order, which ruff's formatter leaves to its linter. */
function sorted(text: string): string {
  const edits = check(text).flatMap(({ code, fix }) => (code === 'I001' ? (fix?.edits ?? []) : []))
  const lines = text.split('\n')
  const offset = ({ row, column }: { row: number; column: number }) =>
    lines.slice(0, row - 1).reduce((sum, line) => sum + line.length + 1, 0) + column - 1
  return edits
    .toReversed()
    .reduce(
      (all, edit) => all.slice(0, offset(edit.location)) + (edit.content ?? '') + all.slice(offset(edit.end_location)),
      text,
    )
}
