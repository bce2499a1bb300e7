import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CONTRACT_VERSION } from '#src/contract/message.ts'

const MAIN = fileURLToPath(new URL('../../../jobs/steps/main.ts', import.meta.url))

export interface StepRun {
  readonly code: number | null
  /** What the kubelet would read from the termination log. */
  readonly message: { readonly reason?: string; readonly message?: string; readonly result?: Record<string, unknown> }
  readonly log: string
}

/**
 * Runs a step as a pod does: a process of its own, one variable, its termination log read afterwards. The spec may be
 * wrong: that is what some tests are about.
 */
export async function runStep(
  name: string,
  spec: object,
  onOutput?: (log: string) => void,
  ...mode: readonly string[]
): Promise<StepRun> {
  const folder = await scratchFolder()
  const log = join(folder, 'termination-log')
  const env = {
    KAITO_STEP: JSON.stringify({ contract: CONTRACT_VERSION, ...spec }),
    TERMINATION_LOG: log,
    PATH: process.env['PATH'] ?? '',
  }
  const child = spawn(process.execPath, [MAIN, name, ...mode], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
    onOutput?.(output)
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const message = JSON.parse(await readFile(log, 'utf8'))
  await rm(folder, { recursive: true })
  return { code, message, log: output }
}

export function scratchFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'step-test-'))
}
