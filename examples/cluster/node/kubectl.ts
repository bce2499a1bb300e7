import { mustRun, runCommand } from '../command.ts'

export interface Kubectl {
  /** Standard output; rejects with the end of stderr. */
  run(...args: string[]): Promise<string>
  apply(...objects: object[]): Promise<void>
  /** Parsed object, or undefined when it does not exist or the server does not answer. */
  get(...args: string[]): Promise<unknown>
}

/** kubectl against one cluster. */
export function kubectlFor(binary: string, kubeconfig: string): Kubectl {
  const argv = [binary, `--kubeconfig=${kubeconfig}`]
  return {
    run: (...args) => mustRun([...argv, ...args]),
    apply: async (...objects) => {
      const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
      await mustRun([...argv, 'apply', '--server-side', '--force-conflicts', '-f', '-'], { input })
    },
    get: async (...args) => {
      const result = await runCommand([...argv, 'get', ...args, '-o', 'json'])
      return result.code === 0 ? (JSON.parse(result.stdout) as unknown) : undefined
    },
  }
}
