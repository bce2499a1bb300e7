import { spawn } from 'node:child_process'

export interface Ran {
  readonly code: number
  readonly stdout: string
  /** Standard output and error as they came: what a person would see. */
  readonly all: string
}

export interface RunOptions {
  readonly input?: string
  /** Exit codes that are fine; others throw with the output. Default: only 0. */
  readonly accept?: readonly number[]
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program with its arguments, never a shell. Rejects, with all it said, when it fails. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] })
    let stdout = ''
    let all = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      all += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      all += text
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const ran = { code: code ?? 1, stdout, all }
      if ((options.accept ?? [0]).includes(ran.code)) resolve(ran)
      else reject(new Error(`${program} ${args.join(' ')} ended with code ${ran.code}:\n${all.trim()}`))
    })
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}

export interface Kubectl {
  (args: readonly string[], options?: RunOptions): Promise<Ran>
  /** `kubectl get … -o json`, parsed; undefined when there is none. */
  get(args: readonly string[]): Promise<Record<string, unknown> | undefined>
}

/** kubectl against one cluster. */
export function kubectlOn(kubeconfig: string, program: string): Kubectl {
  const env = { KUBECONFIG: kubeconfig }
  const kubectl = (args: readonly string[], options: RunOptions = {}) => run(program, args, { ...options, env })
  return Object.assign(kubectl, {
    async get(args: readonly string[]) {
      const { stdout } = await kubectl(['get', ...args, '-o', 'json', '--ignore-not-found'])
      return stdout.trim() === '' ? undefined : (JSON.parse(stdout) as Record<string, unknown>)
    },
  })
}

/** Asks again until the answer is there; rejects with what was last seen when it takes too long. */
export async function until<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined>,
  lastSeen: () => string = () => '',
): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${seconds} s. ${lastSeen()}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
