import { afterAll, afterEach, beforeAll } from 'vitest'
import { type GatewayConfig, gatewayMessage } from '#src/contract/gateway.ts'
import { writeMessage } from '#src/contract/message.ts'
import { readMessage } from '#src/contract/read.ts'
import { buildGateway, type Gateway } from '#src/gateway/server.ts'
import { type EngineSample, startEngineSample } from './engine-sample.ts'

/** A gateway before an engine that serves `base` and the adapter `tuned`; every test finds both as they were. */
export interface GatewayRig {
  readonly engine: EngineSample
  readonly url: string
  /** Another gateway before the same engine, not listening yet. */
  build(more: Partial<GatewayConfig>): Gateway
  post(path: string, body: unknown, base?: string): Promise<Posted>
  /** The body of the first request that the engine got at a path. */
  sent(path: string): Record<string, unknown>
}

interface Posted {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked at by matchers only
  readonly body: any
}

/** A gateway's whole input, as the operator writes it; what a test does not say is what suits tests. */
export const gatewayVariable = (more: Partial<GatewayConfig> & Pick<GatewayConfig, 'upstream'>): string =>
  writeMessage(gatewayMessage, {
    port: 0,
    baseModel: 'base',
    adapters: [],
    allowedOrigins: [],
    apiKeys: '',
    maxRequests: 512,
    answerSeconds: 600,
    drainSeconds: 5,
    graceSeconds: 60,
    lifelinePort: 0,
    logLevel: 'silent',
    ...more,
  })

/** The rig of a test file. Its fields are there from the first test on. */
export function gatewayRig(): GatewayRig {
  let engine: EngineSample
  let gateway: Gateway
  let url = ''
  const build = (more: Partial<GatewayConfig>) => {
    const read = readMessage(gatewayMessage, gatewayVariable({ upstream: engine.url, adapters: ['tuned'], ...more }))
    if (!read.ok) throw new Error(read.reason)
    return buildGateway(read.value)
  }
  beforeAll(async () => {
    engine = await startEngineSample(['base', 'tuned'])
    gateway = build({})
    url = await gateway.server.listen({ host: '127.0.0.1', port: 0 })
  })
  afterAll(async () => {
    await gateway.server.close()
    await engine.stop()
  })
  afterEach(() => {
    engine.seen.length = 0
    engine.stream = undefined
    engine.hold = undefined
    engine.tokenizer = undefined
    engine.healthy = true
    engine.chat = true
    engine.models = ['base', 'tuned']
  })
  return {
    get engine() {
      return engine
    },
    get url() {
      return url
    },
    build,
    async post(path, body, base = url) {
      const response = await fetch(base + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
    },
    sent: (path) => JSON.parse(engine.seen.find((seen) => seen.path === path)?.body ?? 'null'),
  }
}
