import { spawnSync } from 'node:child_process'

/** `npm run check`: every static check of this repository, each named and timed; fails when one of them does. */
const CHECKS: readonly (readonly [name: string, ...argv: string[]])[] = [
  ['format and lint', 'biome', 'check', '--error-on-warnings', '--reporter=summary', '.'],
  ['types', 'tsc', '-p', '.'],
  ['format and lint of Python', 'node', 'src/cli/ruff.ts'],
  ['types of Python', 'pyright', '--warnings'],
  ['generated files', 'node', 'src/cli/generate.ts', '--check'],
  ['shape (layers, sizes, names)', 'vitest', 'run', '--project', 'unit', 'test/unit/shape.test.ts', '--reporter=dot'],
]

let failed = 0
for (const [name, command, ...args] of CHECKS) {
  const started = performance.now()
  const { status, stdout, stderr } = spawnSync(command ?? '', args, { encoding: 'utf8' })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  if (status === 0) continue
  failed++
  console.log(stdout, stderr)
}
process.exit(failed === 0 ? 0 : 1)
