import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { type Bundle, newBundle } from '#certs/bundle.ts'
import { defaultPolicy } from '#certs/rotation.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { deafToReviews } from '#test/support/deaf-observers.ts'
import { admissionReview } from '#test/unit/webhooks/admission-review.ts'
import type { Admission } from '#webhooks/admission.ts'
import { defaultTimeouts, type ServerOptions, WebhookServer } from '#webhooks/server.ts'

export const names = { dns: ['localhost'], ips: ['127.0.0.1'] }
export const mint = (): Bundle => newBundle({ names, policy: defaultPolicy, now: new Date() })

/** Accepts everything and leaves everything as it is. */
export const agreeable: Admission = {
  validate: async () => ({ errors: [], warnings: [] }),
  default: async (asked) => asked.object,
}

export const REVIEW = JSON.stringify(
  admissionReview({ object: { apiVersion: 'kaito.sh/v1alpha1', kind: 'Workspace' } }),
)

/** A server on a free port of this machine. */
export async function serve(bundle: Bundle, overrides: Partial<ServerOptions> = {}) {
  const server = new WebhookServer({
    host: '127.0.0.1',
    port: 0,
    certificate: bundle.leaf,
    admission: agreeable,
    budgetMs: 2_000,
    observer: deafToReviews,
    clock: systemClock,
    newId: randomUUID,
    now: () => new Date(),
    timeouts: { ...defaultTimeouts, leaving: 0 },
    ...overrides,
  })
  return { server, url: await server.listen() }
}

/** A client that trusts `ca` and keeps up to `connections` connections, as an API server does. */
export const client = (ca: string, connections = 4): Agent =>
  new Agent({ connections, pipelining: 1, keepAliveTimeout: 90_000, connect: { ca, timeout: 5_000 } })

/** POSTs and returns the parsed answer. Rejects only when there was none. */
export async function post(
  agent: Agent,
  url: string,
  body: string | Buffer = REVIEW,
  contentType = 'application/json',
) {
  const answer = await request(url, {
    dispatcher: agent,
    method: 'POST',
    body,
    headers: { 'content-type': contentType },
  })
  const text = await answer.body.text()
  return { code: answer.statusCode, headers: answer.headers, text, json: text === '' ? undefined : JSON.parse(text) }
}

/** Counts what became of many requests. A failure is whatever an API server would report as "failed calling webhook". */
export class Tally {
  done = 0
  readonly failures: string[] = []

  /** Waits for so many more successes, or for the first failure: a slow machine must not mean that little was tested. */
  async more(count: number): Promise<void> {
    const wanted = this.done + count
    while (this.done < wanted && this.failures.length === 0) await sleep(5)
  }

  async of(work: () => Promise<{ code: number }>): Promise<void> {
    try {
      const { code } = await work()
      if (code === 200) this.done++
      else this.failures.push(`HTTP ${code}`)
    } catch (error) {
      this.failures.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
    }
  }
}
