import { parseJson } from '#src/lib/json.ts'

/** The gateway's settings, from the `KAITO_GATEWAY` variable. Times are in seconds. */
export type GatewayConfig = {
  readonly port: number
  /** The engine, for example `http://127.0.0.1:8000`. */
  readonly upstream: string
  readonly baseModel: string
  readonly adapters: readonly string[]
  /** Longest silence of the engine within one answer; also the wait for its first byte. */
  readonly answerSeconds: number
  /** After SIGTERM: how long to keep accepting (endpoints take a moment to forget the pod), then to let answers end. */
  readonly drainSeconds: number
  readonly graceSeconds: number
  /** On the loopback, open until this process ends: whoever must outlive it waits for that. 0 for none. */
  readonly lifelinePort: number
  readonly logLevel: string
}

export type GatewayConfigResult =
  | { readonly ok: true; readonly config: GatewayConfig }
  | { readonly ok: false; readonly message: string }

export function parseGatewayConfig(json: string | undefined): GatewayConfigResult {
  const root = parseJson(json ?? '')
  if (typeof root !== 'object' || root === null) return wrong('it does not hold a JSON object')
  const fields = new Map<string, unknown>(Object.entries(root))
  const upstream = fields.get('upstream')
  if (typeof upstream !== 'string' || URL.parse(upstream)?.protocol !== 'http:')
    return wrong('upstream must be an http URL')
  const baseModel = fields.get('baseModel')
  if (typeof baseModel !== 'string' || baseModel === '') return wrong('baseModel must be a text')
  const adapters = fields.get('adapters') ?? []
  if (!isTexts(adapters)) return wrong('adapters must be a list of texts')
  const numbers = new Map<string, number>()
  for (const [key, fallback] of Object.entries(DEFAULTS)) {
    const value = fields.get(key) ?? fallback
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return wrong(`${key} must be a number`)
    numbers.set(key, value)
  }
  const number = (key: keyof typeof DEFAULTS) => numbers.get(key) ?? DEFAULTS[key]
  const level = fields.get('logLevel')
  return {
    ok: true,
    config: {
      port: number('port'),
      upstream: new URL(upstream).origin,
      baseModel,
      adapters,
      answerSeconds: number('answerSeconds'),
      drainSeconds: number('drainSeconds'),
      graceSeconds: number('graceSeconds'),
      lifelinePort: number('lifelinePort'),
      logLevel: typeof level === 'string' ? level : 'info',
    },
  }
}

const DEFAULTS = { port: 5000, answerSeconds: 600, drainSeconds: 5, graceSeconds: 60, lifelinePort: 0 }

function wrong(what: string): GatewayConfigResult {
  return { ok: false, message: `KAITO_GATEWAY: ${what}` }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
