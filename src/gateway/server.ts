import { randomUUID } from 'node:crypto'
import cors from '@fastify/cors'
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest, LogController } from 'fastify'
import type { GatewayConfig } from '#src/contract/gateway.ts'
import { Bodies, type Received } from '#src/runtime/bodies.ts'
import { type Caller, openApiKeys } from './api-keys.ts'
import { addChat } from './chat-route.ts'
import { openCrowd } from './crowd.ts'
import { type Engine, EngineError, openEngine } from './engine.ts'
import { refuse } from './errors.ts'
import { modelRoutes } from './models.ts'
import { PASSED, passThrough } from './pass-through.ts'
import { checkHealth, checkReady, type Readiness } from './readiness.ts'

export interface Gateway {
  readonly server: FastifyInstance
  /** From now on `/ready` answers 503; everything else goes on. */
  startDraining(): void
}

/** The HTTP server in front of the engine: KAITO's `/chat`, the OpenAI routes, probes. Not listening yet. */
export function buildGateway(config: GatewayConfig): Gateway {
  const engine = openEngine(config.upstream, config.answerSeconds)
  const server = fastify({
    logger: { level: config.logLevel },
    // Requests are logged by the engine; a line each here would only cost.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    genReqId: ({ headers }) => ownId(headers['x-request-id']) ?? randomUUID(),
  })
  let draining = false
  // Bodies are passed on as they came; only /chat, and keys for some models, look inside.
  const bodies = new Bodies(BODIES)
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (request, stream, done) => {
    // Nobody would take it, and so nobody say that it is not needed any more.
    if (request.is404) done(null)
    else bodies.receive(stream, request.routeOptions.bodyLimit, done)
  })
  server.addHook('onClose', () => engine.close())
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  answerFaults(server)
  if (config.allowedOrigins.length > 0) allowOrigins(server, config.allowedOrigins)
  const callerOf = config.apiKeys === '' ? () => undefined : askForKeys(server, config.apiKeys)
  limitCrowd(server, config.maxRequests)
  for (const each of PASSED) server.route({ ...each, url: each.path, handler: passThrough(engine, each, callerOf) })
  const models = modelRoutes(engine, callerOf)
  server.get('/v1/models', models.list)
  server.get('/v1/models/:id', models.retrieve)
  addChat(server, { engine, config, callerOf, bodyLimit: CHAT_LIMIT })
  addProbes(server, engine, config, () => draining)
  return {
    server,
    startDraining() {
      draining = true
    },
  }
}

const MIB = 1_048_576

/** Long contexts and images inlined as base64 fit; more would only fill the engine's memory. */
const BODY_LIMIT = 32 * MIB

/** Only text, which is parsed here: half a million tokens. */
const CHAT_LIMIT = 2 * MIB

/** Of all clients together, within the container's 512 MiB: a body is held twice for the moment in which it is put together. */
const BODIES = { all: 128 * MIB, ofOneAddress: 96 * MIB }

/** A client's own id for its request, where it is one that may stand in logs and headers. */
const ownId = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' && /^[\w.:-]{1,128}$/.test(value) ? value : undefined

function answerFaults(server: FastifyInstance): void {
  server.setNotFoundHandler((request, reply) => {
    const message = `there is no ${request.method} ${request.url.split('?', 1)[0]} here`
    return refuse(request, reply, { status: 404, message })
  })
  server.setErrorHandler((error: FastifyError | EngineError, request, reply) => {
    if (error instanceof EngineError) {
      return refuse(request, reply.header('retry-after', '5'), { status: 503, message: error.message })
    }
    const status = error.statusCode ?? 500
    // What is still on its way is not read any more.
    if (status === 413 || status === 503) reply.header('connection', 'close')
    if (status === 503) reply.header('retry-after', '1')
    else if (status >= 500) request.log.error(error)
    const isOurs = status >= 500 && status !== 503
    return refuse(request, reply, { status, message: isOurs ? 'internal error' : error.message })
  })
}

/** Pages of these origins may read answers in a browser, and send what the API reads. */
function allowOrigins(server: FastifyInstance, origins: readonly string[]): void {
  server.register(cors, {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'POST'],
    exposedHeaders: ['x-request-id', 'x-kaito-model', 'x-kaito-finish-reason', 'x-kaito-ignored', 'retry-after'],
    maxAge: 600,
  })
}

/** What kubelets and Prometheus ask, which have no key. None of it tells what anybody said. */
const OPEN = new Set(['/', '/health', '/healthz', '/ready', '/metrics'])

/** From now on only callers with a key get further; who it is can be asked of a request afterwards. */
function askForKeys(server: FastifyInstance, folder: string): (request: FastifyRequest) => Caller | undefined {
  const callers = new WeakMap<FastifyRequest, Caller>()
  const keys = openApiKeys(folder, (message) => server.log.warn(message))
  // Before any body is read, and after a page was told whether it may read the refusal.
  server.addHook('preParsing', async (request, reply) => {
    if (OPEN.has(request.routeOptions.url ?? '')) return
    const caller = await keys.callerOf(request.headers)
    if (caller !== undefined) return void callers.set(request, caller)
    reply.headers({ 'www-authenticate': 'Bearer', connection: 'close' })
    const message = 'This server wants an API key, as "Authorization: Bearer ..."; there was none, or a wrong one.'
    await refuse(request, reply, { status: 401, message, code: 'invalid_api_key' })
  })
  return (request) => callers.get(request)
}

/** Too many at once are told to come back. Whoever has not sent its body yet is none of them: it would keep others out for nothing. */
function limitCrowd(server: FastifyInstance, most: number): void {
  const crowd = openCrowd(most)
  server.addHook('preHandler', async (request: FastifyRequest<{ Body?: Received }>, reply) => {
    if (request.method !== 'POST' || request.is404) return
    const entered = crowd.enter()
    if ('leave' in entered) return void reply.raw.once('close', entered.leave)
    request.body?.release()
    reply.header('retry-after', String(entered.retryAfter))
    const message = `This server works on ${most} requests already. Try again in ${entered.retryAfter} s.`
    await refuse(request, reply, { status: 429, message, code: 'rate_limit_exceeded' })
  })
}

function addProbes(server: FastifyInstance, engine: Engine, config: GatewayConfig, isDraining: () => boolean): void {
  const models = [config.baseModel, ...config.adapters]
  const health = async (): Promise<Readiness> => checkHealth(engine)
  const ready = async (): Promise<Readiness> =>
    isDraining() ? { ready: false, reason: 'this pod is shutting down' } : checkReady(engine, models)
  for (const [path, check] of [
    ['/health', health],
    ['/healthz', health],
    ['/ready', ready],
  ] as const) {
    server.get(path, async (_request, reply) => {
      const state = await check()
      return state.ready ? { status: 'Healthy' } : reply.code(503).send({ detail: state.reason })
    })
  }
  server.get('/', () => ({ message: 'Server is running' }))
}
