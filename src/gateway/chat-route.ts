import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '#src/contract/gateway.ts'
import { parseGuarded } from '#src/lib/json-guard.ts'
import type { Received } from '#src/runtime/bodies.ts'
import type { Caller } from './api-keys.ts'
import { READ_BOUNDS } from './bounds.ts'
import { createChat } from './chat.ts'
import { chooseModel, readChatRequest } from './chat-request.ts'
import { type Engine, EngineError } from './engine.ts'
import { modelNames } from './readiness.ts'

export interface ChatRoute {
  readonly engine: Engine
  readonly config: GatewayConfig
  readonly callerOf: (request: FastifyRequest) => Caller | undefined
  /** Bytes. */
  readonly bodyLimit: number
}

/** Adds KAITO's own `POST /chat`. */
export function addChat(server: FastifyInstance, { engine, config, callerOf, bodyLimit }: ChatRoute): void {
  const models = [config.baseModel, ...config.adapters]
  const chat = createChat(engine, config.baseModel)
  server.post<{ Body?: Received }>('/chat', { bodyLimit }, (request, reply) =>
    answer(request.body?.bytes ?? NOTHING, reply, callerOf(request)).finally(() => request.body?.release()),
  )

  async function answer(bytes: Buffer, reply: FastifyReply, caller: Caller | undefined) {
    const body = parseGuarded(bytes, READ_BOUNDS)
    if (!body.ok) return reply.code(400).send({ detail: body.reason })
    const read = readChatRequest(body.value)
    if (!read.ok) return reply.code(read.status).send({ detail: read.reason })
    const model = chooseModel(read.request.model, config.baseModel, config.adapters)
    const mayAsk = (name: string) => caller?.models?.has(name) ?? true
    if (!models.includes(model) || !mayAsk(model)) {
      const served = ((await servedModels(engine)) ?? models).filter(mayAsk)
      return reply
        .code(404)
        .send({ detail: `the model "${model}" is not served here; served are ${served.join(', ')}` })
    }
    reply.header('x-kaito-model', model)
    if (read.request.ignored.length > 0) reply.header('x-kaito-ignored', headerSafe(read.request.ignored.join(', ')))
    const hangUp = new AbortController()
    reply.raw.on('close', () => hangUp.abort())
    const answer = await chat.answer(read.request, model, hangUp.signal)
    if (!answer.ok) return reply.code(answer.status).send({ detail: answer.reason })
    reply.header('x-kaito-finish-reason', headerSafe(answer.finishReason))
    return { Result: answer.text }
  }
}

const NOTHING = Buffer.alloc(0)

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
