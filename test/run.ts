import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepare } from './prepare.ts'

/**
 * `npm test [-- layer …]`: check, unit, integration and e2e, one after the other, each timed. Installs what they need.
 * The last line is `N passed, N failed`; an empty layer counts as failed, so that nothing can look green by not running.
 */
const LAYERS = ['check', 'unit', 'integration', 'e2e'] as const
type Layer = (typeof LAYERS)[number]

interface Outcome {
  readonly passed: number
  readonly failed: number
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(LAYERS as readonly string[]).includes(name))
if (unknown.length > 0) {
  console.error(`no layer ${unknown.join(', ')}: choose from ${LAYERS.join(', ')}`)
  process.exit(64)
}
const layers = LAYERS.filter((layer) => asked.length === 0 || asked.includes(layer))
const rows: string[] = []
let passed = 0
let failed = 0

for (const layer of layers) {
  if (layer === 'integration') await timed('prepare', prepare)
  const outcome = await timed(layer, () => run(layer))
  passed += outcome.passed
  failed += outcome.failed
}
console.log(`\n${rows.join('\n')}\n`)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

async function timed<T extends Outcome | undefined>(name: string, work: () => Promise<T>): Promise<T> {
  console.log(`\n=== ${name}`)
  const started = performance.now()
  const outcome = await work()
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(8)
  const counts = outcome === undefined ? '' : `${outcome.passed} passed, ${outcome.failed} failed`
  rows.push(`${name.padEnd(12)} ${seconds} s   ${counts}`)
  return outcome
}

async function run(layer: Layer): Promise<Outcome> {
  if (layer === 'check') {
    const code = await child('node', ['test/check.ts'])
    return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
  }
  const folder = mkdtempSync(join(tmpdir(), 'kaito-ts-test-'))
  const report = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await child('vitest', ['run', '--project', layer, ...reporters])
  const outcome = counted(report, code)
  rmSync(folder, { recursive: true, force: true })
  return outcome
}

/** Vitest's own counts; a run that failed or ran nothing without naming a failed test is one failure. */
function counted(report: string, code: number): Outcome {
  try {
    const { numPassedTests = 0, numFailedTests = 0 } = JSON.parse(readFileSync(report, 'utf8')) as Record<
      string,
      number
    >
    const isSilentFailure = numFailedTests === 0 && (code !== 0 || numPassedTests === 0)
    return { passed: numPassedTests, failed: isSilentFailure ? 1 : numFailedTests }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

function child(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const running = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    running.on('error', () => resolve(127))
    running.on('exit', (code) => resolve(code ?? 1))
  })
}
