import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, LogController } from 'fastify'
import type { GatewayConfig } from '#src/contract/gateway.ts'
import { parseGuarded } from '#src/lib/json-guard.ts'
import { Bodies, type Received } from '#src/runtime/bodies.ts'
import { createChat } from './chat.ts'
import { chooseModel, readChatRequest } from './chat-request.ts'
import { type Engine, EngineError, openEngine } from './engine.ts'
import { openAiError, PASSED, passThrough } from './pass-through.ts'
import { checkHealth, checkReady, modelNames, type Readiness } from './readiness.ts'

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
  })
  let draining = false
  // Bodies are passed on as they came; only /chat looks inside.
  const bodies = new Bodies(BODIES)
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (request, stream, done) => {
    // Nobody would take it, and so nobody say that it is not needed any more.
    if (request.is404) done(null)
    else bodies.receive(stream, request.routeOptions.bodyLimit, done)
  })
  server.addHook('onClose', () => engine.close())
  server.setNotFoundHandler((request, reply) => {
    const message = `there is no ${request.method} ${request.url.split('?', 1)[0]} here`
    reply.code(404).send(openAiError(message, 'NotFoundError', 404))
  })
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500
    // What is still on its way is not read any more.
    if (status === 413 || status === 503) reply.header('connection', 'close')
    if (status === 503) return reply.code(503).header('retry-after', '1').send({ detail: error.message })
    if (status >= 500) request.log.error(error)
    return reply.code(status).send({ detail: status >= 500 ? 'internal error' : error.message })
  })
  for (const { method, path } of PASSED) server.route({ method, url: path, handler: passThrough(engine, method, path) })
  addChat(server, engine, config)
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

/** Messages have a few levels, and a conversation some thousand values; the engine reads all of them again. */
const CHAT_BOUNDS = { maxDepth: 64, maxValues: 50_000 }

function addChat(server: FastifyInstance, engine: Engine, config: GatewayConfig): void {
  const models = [config.baseModel, ...config.adapters]
  const chat = createChat(engine, config.baseModel)
  server.post<{ Body?: Received }>('/chat', { bodyLimit: CHAT_LIMIT }, (request, reply) =>
    answer(request.body?.bytes ?? NOTHING, reply).finally(() => request.body?.release()),
  )

  async function answer(bytes: Buffer, reply: FastifyReply) {
    const body = parseGuarded(bytes, CHAT_BOUNDS)
    if (!body.ok) return reply.code(400).send({ detail: body.reason })
    const read = readChatRequest(body.value)
    if (!read.ok) return reply.code(read.status).send({ detail: read.detail })
    const model = chooseModel(read.request.model, config.baseModel, config.adapters)
    if (!models.includes(model)) {
      const served = (await servedModels(engine)) ?? models
      return reply
        .code(404)
        .send({ detail: `the model "${model}" is not served here; served are ${served.join(', ')}` })
    }
    reply.header('x-kaito-model', model)
    if (read.request.ignored.length > 0) reply.header('x-kaito-ignored', headerSafe(read.request.ignored.join(', ')))
    const hangUp = new AbortController()
    reply.raw.on('close', () => hangUp.abort())
    try {
      const answer = await chat.answer(read.request, model, hangUp.signal)
      if (!answer.ok) return reply.code(answer.status).send({ detail: answer.detail })
      reply.header('x-kaito-finish-reason', headerSafe(answer.finishReason))
      return { Result: answer.text }
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      return reply.code(503).header('retry-after', '5').send({ detail: error.message })
    }
  }
}

const NOTHING = Buffer.alloc(0)

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

async function servedModels(engine: Engine): Promise<string[] | undefined> {
  try {
    const names = modelNames((await engine.ask('/v1/models', { limitMs: 4000 })).body)
    return names.length > 0 ? names : undefined
  } catch (error) {
    if (error instanceof EngineError) return undefined
    throw error
  }
}

/** Keys come from the client; anything that a header cannot hold is replaced. */
function headerSafe(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_, .-]/g, '?').slice(0, 500)
}
