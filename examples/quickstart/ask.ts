import { spawn } from 'node:child_process'
import type { Place } from './place.ts'

export interface Asking {
  /** Address of the Workspace's Service from this machine, without a trailing slash. */
  readonly url: string
  readonly close: () => void
}

/** A way from this machine to a Workspace's Service: its ClusterIP where that answers here, else a port-forward. */
export async function reach(place: Place, service: string): Promise<Asking> {
  if (place.isLocal) {
    const { stdout } = await place.kubectl(['get', 'svc', service, '-o', 'jsonpath={.spec.clusterIPs[0]}'])
    return { url: `http://${stdout.trim()}`, close: () => {} }
  }
  const child = spawn(place.kubectlProgram, ['port-forward', `svc/${service}`, ':80'], {
    env: { ...process.env, KUBECONFIG: place.kubeconfig },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<string>((resolve, reject) => {
    child.on('error', reject)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const found = /127\.0\.0\.1:(\d+)/.exec(text)
      if (found?.[1]) resolve(found[1])
    })
  })
  return { url: `http://127.0.0.1:${port}`, close: () => child.kill() }
}

/** POSTs JSON and gives the parsed answer; an answer that is not 200 is an Error with its text. */
export async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(120_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${text}`)
  return JSON.parse(text) as Record<string, unknown>
}

/** The text of a chat completion. */
export function completionText(answer: Record<string, unknown>): string {
  const choices = answer['choices'] as { message?: { content?: string } }[] | undefined
  return choices?.[0]?.message?.content ?? ''
}
