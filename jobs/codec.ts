import { Ajv } from 'ajv'
import { type TuningTask, tuningTaskSchema } from '#src/contract/task.ts'

const isTask = new Ajv().compile<TuningTask>(tuningTaskSchema)

/** What came out of Redis, as a task, or why it is none. Anyone who can write to Redis can write anything here. */
export function decodeTask(data: unknown): { readonly task: TuningTask } | { readonly problem: string } {
  if (isTask(data)) return { task: data }
  const first = isTask.errors?.[0]
  return { problem: `not a tuning task: ${first?.instancePath || 'it'} ${first?.message ?? 'is malformed'}` }
}
