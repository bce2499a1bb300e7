import { type FastifyInstance, fastify } from 'fastify'

/** A named question with the answer "nothing is wrong" (undefined) or what is. A throw counts as wrong, too. */
export interface Check {
  readonly name: string
  check(): string | undefined | Promise<string | undefined>
}

export interface HealthOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Wrong here means: restart me. Only what a restart can mend belongs here. */
  readonly live?: readonly Check[]
  /** Wrong here means: send me no traffic. */
  readonly ready?: readonly Check[]
  /** Told in /readyz, but wrong here keeps no traffic away: what an administrator should mend. */
  readonly notes?: readonly Check[]
  readonly metrics?: { text(): Promise<string>; readonly contentType: string }
  /** Per check; the kubelet's own default is 1 s for the whole answer. */
  readonly checkTimeoutMs?: number
}

export interface HealthServer {
  /** Resolves with the address, such as `http://127.0.0.1:8081`. */
  start(): Promise<string>
  stop(): Promise<void>
  /** From now on not ready, so that endpoints are withdrawn before connections are closed. */
  drain(): void
  readonly app: FastifyInstance
}

/** `/livez`, `/readyz` (with the API server's `[+]name ok` lines, `[!]name: …` for notes, and `?exclude=name`) and `/metrics`, in plain HTTP. */
export function createHealthServer(options: HealthOptions): HealthServer {
  const { host, port, live = [], ready = [], notes = [], metrics, checkTimeoutMs = 800 } = options
  const app = fastify({ bodyLimit: 1024, forceCloseConnections: true })
  let draining = false
  const shutdown: Check = { name: 'shutdown', check: () => (draining ? 'shutting down' : undefined) }

  const serve = (path: string, checks: readonly Check[], beside: readonly Check[] = []) =>
    app.get<{ Querystring: { exclude?: string | string[] } }>(path, async (request, reply) => {
      const excluded = new Set([request.query.exclude ?? []].flat())
      const asked = checks.filter(({ name }) => !excluded.has(name))
      const answers = await Promise.all(asked.map((check) => ask(check, checkTimeoutMs)))
      const told = await Promise.all(beside.map(async (note) => ({ ...note, wrong: await ask(note, checkTimeoutMs) })))
      const lines = [
        ...asked.map(({ name }, index) => line(name, answers[index])),
        ...told.flatMap(({ name, wrong }) => (wrong === undefined ? [] : [`[!]${name}: ${wrong}`])),
      ]
      const failed = answers.some((answer) => answer !== undefined)
      reply.code(failed ? 503 : 200).type('text/plain; charset=utf-8')
      return `${[...lines, failed ? 'failed' : 'ok'].join('\n')}\n`
    })
  serve('/livez', live)
  serve('/readyz', [shutdown, ...ready], notes)
  if (metrics) {
    app.get('/metrics', async (_request, reply) => {
      reply.type(metrics.contentType)
      return metrics.text()
    })
  }
  return {
    app,
    start: () => app.listen({ host, port }),
    stop: () => app.close(),
    drain() {
      draining = true
    },
  }
}

function line(name: string, wrong: string | undefined): string {
  return wrong === undefined ? `[+]${name} ok` : `[-]${name} failed: ${wrong}`
}

/** A check that hangs is wrong, and must not make the answer hang. */
function ask(check: Check, ms: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`no answer within ${ms} ms`), ms)
    const answer = async () => check.check()
    answer()
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      .then(resolve)
      .finally(() => clearTimeout(timer))
  })
}
