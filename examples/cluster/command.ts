import { spawn } from 'node:child_process'
import { defined } from '#src/lib/defined.ts'

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  readonly timeoutMs?: number
}

/** Runs argv to its end and returns what it said; never rejects. A program that cannot start has code 127, one killed has 128. */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = '', ...args] = argv
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      ...defined({ cwd: options.cwd }),
      env: options.env ?? process.env,
      timeout: options.timeoutMs ?? 0,
      killSignal: 'SIGKILL',
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
    const done = (code: number, extra = '') =>
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() + extra })
    child.on('error', (error) => done(127, error.message))
    child.on('close', (code) => done(code ?? 128))
  })
}

/** Like runCommand, but anything other than exit code 0 is an Error that carries the end of stderr. */
export async function mustRun(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await runCommand(argv, options)
  if (result.code === 0) return result.stdout
  const tail = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-20).join('\n')
  throw new Error(`${argv.slice(0, 4).join(' ')} failed with code ${result.code}:\n${tail}`)
}
