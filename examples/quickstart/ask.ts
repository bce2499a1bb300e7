import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ADAPTED_NAME, ADAPTER_NAME, BASE_NAME } from './manifests.ts'
import type { Place } from './place.ts'
import type { Screen } from './screen.ts'

interface Asking {
  /** Address of the Workspace's Service from this machine, without a trailing slash. */
  readonly url: string
  readonly close: () => void
}

/** A way from this machine to a Workspace's Service: its ClusterIP where that answers here, else a port-forward. */
async function reach(place: Place, service: string): Promise<Asking> {
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

/** POSTs JSON to a Workspace's Service and gives the parsed answer; an answer that is not 200 is an Error with its text. */
async function post(place: Place, service: string, path: string, body: unknown): Promise<Record<string, unknown>> {
  const asking = await reach(place, service)
  try {
    const response = await fetch(`${asking.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(120_000),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`POST ${path} of ${service} answered ${response.status}: ${text}`)
    return JSON.parse(text) as Record<string, unknown>
  } finally {
    asking.close()
  }
}

/** A question of the dataset, and the answer that training teaches. */
export async function taughtPair(): Promise<{ readonly question: string; readonly answer: string }> {
  const file = join(import.meta.dirname, 'model', 'pairs.json')
  const pairs = JSON.parse(await readFile(file, 'utf8')) as [string, string][]
  const [question, answer] = pairs[1] ?? ['', '']
  return { question, answer }
}

/** The documentation's own way to ask. Gives the answer as it came, the question in front. */
export async function chat(place: Place, screen: Screen, service: string): Promise<string> {
  const { question: prompt } = await taughtPair()
  const body = { prompt, generate_kwargs: { do_sample: false, max_new_tokens: 24 } }
  const answer = await post(place, service, '/chat', body)
  screen.command(`curl -X POST http://${service}/chat -d '${JSON.stringify(body)}'`, JSON.stringify(answer))
  return String(answer['Result'] ?? '')
}

async function complete(place: Place, screen: Screen, model: string): Promise<string> {
  const { question } = await taughtPair()
  const body = { model, messages: [{ role: 'user', content: question }], max_tokens: 24, temperature: 0 }
  const text = completionText(await post(place, ADAPTED_NAME, '/v1/chat/completions', body))
  screen.command(`curl http://${ADAPTED_NAME}/v1/chat/completions  # model: ${model}`, JSON.stringify(text))
  return text
}

export interface Answers {
  /** By the adapter's server, of its two models. */
  readonly base: string
  readonly adapter: string
  /** `/chat` of both servers, asked at the same time. */
  readonly chat: string
  readonly besideChat: string
}

/** The same question to everything that serves now. */
export async function askAll(place: Place, screen: Screen): Promise<Answers> {
  const [besideChat, adapterChat] = await Promise.all([
    chat(place, screen, BASE_NAME),
    chat(place, screen, ADAPTED_NAME),
  ])
  const base = await complete(place, screen, 'phi-3-mini-128k-instruct')
  return { base, adapter: await complete(place, screen, ADAPTER_NAME), chat: adapterChat, besideChat }
}

/** The text of a chat completion. */
function completionText(answer: Record<string, unknown>): string {
  const choices = answer['choices'] as { message?: { content?: string } }[] | undefined
  return choices?.[0]?.message?.content ?? ''
}
