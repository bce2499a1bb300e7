import { type Engine, EngineError } from './engine.ts'

/** `reason` says what is still missing. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string }

/** Whether the engine is alive. */
export async function checkHealth(engine: Engine): Promise<Readiness> {
  const answer = await asked(engine, '/health')
  if ('ready' in answer) return answer
  return answer.status === 200 ? { ready: true } : notYet(`the engine's health check answered ${answer.status}`)
}

/** Whether the engine is alive and serves every model that it should. */
export async function checkReady(engine: Engine, models: readonly string[]): Promise<Readiness> {
  const health = await checkHealth(engine)
  if (!health.ready) return health
  const listed = await asked(engine, '/v1/models')
  if ('ready' in listed) return listed
  const names = modelNames(listed.body)
  const missing = models.filter((model) => !names.includes(model))
  return missing.length === 0 ? { ready: true } : notYet(`the engine does not serve ${missing.join(', ')} yet`)
}

/** The ids in an OpenAI model list. */
export function modelNames(body: unknown): string[] {
  if (typeof body !== 'object' || body === null || !('data' in body) || !Array.isArray(body.data)) return []
  return body.data.flatMap((model: unknown) =>
    typeof model === 'object' && model !== null && 'id' in model && typeof model.id === 'string' ? [model.id] : [],
  )
}

/** Kubelet probes wait 1 s by default; charts give these 5. */
const PROBE_MS = 4000

async function asked(engine: Engine, path: string) {
  try {
    return await engine.ask(path, { limitMs: PROBE_MS })
  } catch (error) {
    if (error instanceof EngineError) return notYet(error.message)
    throw error
  }
}

function notYet(reason: string): { ready: false; reason: string } {
  return { ready: false, reason }
}
