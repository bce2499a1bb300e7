import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from './api-keys.ts'
import { type Engine, field } from './engine.ts'
import { refuse } from './errors.ts'

/** The models that a caller may know of, as the engine lists them; throws EngineError where it is away. */
async function listed(engine: Engine, caller: Caller | undefined): Promise<readonly unknown[]> {
  const data = field((await engine.ask('/v1/models', { limitMs: 4000 })).body, 'data')
  const all = Array.isArray(data) ? data : []
  return all.filter((model) => caller?.models === undefined || caller.models.has(String(field(model, 'id'))))
}

/** `GET /v1/models` and `GET /v1/models/<id>`: the engine has only the first, and knows nothing of callers. */
export function modelRoutes(engine: Engine, callerOf: (request: FastifyRequest) => Caller | undefined) {
  return {
    list: async (request: FastifyRequest) => ({ object: 'list', data: await listed(engine, callerOf(request)) }),
    retrieve: async (request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply) => {
      const { id } = request.params
      const models = await listed(engine, callerOf(request))
      return models.find((model) => field(model, 'id') === id) ?? refuse(request, reply, noSuchModel(id))
    },
  }
}

/** A model that there is none of here, or none for this caller: the two look the same. */
export const noSuchModel = (id: string) => ({
  status: 404,
  message: `The model ${JSON.stringify(id.slice(0, 200))} does not exist, or this key may not ask it.`,
  code: 'model_not_found',
})
