import { Ajv } from 'ajv'
import { type TuningTask, tuningTaskSchema } from '#src/contract/task.ts'
import type { Result } from '#src/lib/result.ts'

const isTask = new Ajv().compile<TuningTask>(tuningTaskSchema)

export type DecodedTask = Result<{ readonly task: TuningTask }>

/** What came out of Redis, as a task, or why it is none. Anyone who can write to Redis can write anything here. */
export function decodeTask(data: unknown): DecodedTask {
  if (isTask(data)) return { ok: true, task: data }
  const first = isTask.errors?.[0]
  return { ok: false, reason: `not a tuning task: ${first?.instancePath || 'it'} ${first?.message ?? 'is malformed'}` }
}
