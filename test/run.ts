import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { prepare, prepareTrainer } from './prepare.ts'

/**
 * `npm test [-- layer …]`: check, unit, python, integration and e2e, one after the other, each timed. Installs what they need.
 * The last line is `N passed, N failed`; an empty layer counts as failed, so that nothing can look green by not running.
 */
const LAYERS = ['check', 'unit', 'python', 'integration', 'e2e'] as const
type Layer = (typeof LAYERS)[number]

interface Outcome {
  readonly passed: number
  readonly failed: number
  /** What failed and why, a few lines each. */
  readonly why: readonly string[]
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(LAYERS as readonly string[]).includes(name))
if (unknown.length > 0) {
  console.error(`no layer ${unknown.join(', ')}: choose from ${LAYERS.join(', ')}`)
  process.exit(64)
}
const layers = LAYERS.filter((layer) => asked.length === 0 || asked.includes(layer))
const rows: string[] = []
const whys: string[] = []
let passed = 0
let failed = 0

for (const layer of layers) {
  if (layer === 'integration') await timed('prepare', prepare)
  if (layer === 'python') await timed('prepare', prepareTrainer)
  const outcome = await timed(layer, () => run(layer))
  passed += outcome.passed
  failed += outcome.failed
  whys.push(...outcome.why)
}
// Said again here: where only the end of a log is kept, it must still tell what went wrong.
if (whys.length > 0) console.log(`\nfailed:\n${whys.join('\n')}`)
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
    const code = await child('node', ['src/cli/check.ts'])
    return code === 0 ? { passed: 1, failed: 0, why: [] } : { passed: 0, failed: 1, why: ['check: see above'] }
  }
  const folder = mkdtempSync(join(tmpdir(), 'kaito-ts-test-'))
  const report = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await child('vitest', ['run', '--project', layer, ...reporters])
  const outcome = counted(layer, report, code)
  rmSync(folder, { recursive: true, force: true })
  return outcome
}

interface Report {
  readonly numPassedTests?: number
  readonly numFailedTests?: number
  readonly testResults?: readonly {
    readonly name: string
    readonly message?: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

/** Vitest's own counts; a run that failed or ran nothing without naming a failed test is one failure. */
function counted(layer: Layer, file: string, code: number): Outcome {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    const { numPassedTests = 0, numFailedTests = 0 } = report
    const isSilentFailure = numFailedTests === 0 && (code !== 0 || numPassedTests === 0)
    const why = failures(report)
    if (isSilentFailure && why.length === 0)
      why.push(`${layer}: vitest ended with ${code} and named no test: see above`)
    return { passed: numPassedTests, failed: isSilentFailure ? 1 : numFailedTests, why }
  } catch (error) {
    const why = `${layer}: vitest ended with ${code}, and its report cannot be read (${String(error)}): see above`
    return { passed: 0, failed: 1, why: [why] }
  }
}

function failures({ testResults = [] }: Report): string[] {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const where = relative(process.cwd(), name)
    const tests = assertionResults.filter(({ status }) => status === 'failed')
    const lines = tests.map((test) => `  ${where}: ${test.fullName}\n${excerpt(test.failureMessages?.join('\n'))}`)
    return lines.length === 0 && message ? [`  ${where}:\n${excerpt(message)}`] : lines
  })
}

/** Hoisted, as all here: the layers run while this file is still being read to its end. */
function excerpt(text = ''): string {
  const lines = text.split('\n').slice(0, 12)
  return lines.map((line) => `      ${line}`).join('\n')
}

function child(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const running = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    running.on('error', () => resolve(127))
    running.on('exit', (code) => resolve(code ?? 1))
  })
}
