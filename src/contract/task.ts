import { int, object, type Static, text } from '#src/api/schema-kit.ts'

/**
 * What is handed to a worker: which run of which Workspace, and nothing that could go stale or leak.
 * The worker reads the Workspace again; when the revision there is another, the task is dropped.
 */
export const tuningTaskSchema = object({
  version: int({ minimum: 1, maximum: 1 }),
  namespace: text({ minLength: 1, maxLength: 63 }),
  name: text({ minLength: 1, maxLength: 253 }),
  uid: text({ minLength: 1, maxLength: 64 }),
  revision: text({ pattern: '^[0-9a-f]{10}(-[1-9][0-9]{0,8})?$' }),
})

export type TuningTask = Static<typeof tuningTaskSchema>

/** One task per run: a second enqueue while the first waits is the same task. (BullMQ ids may not hold a colon.) */
export const taskId = (task: TuningTask): string => `${task.uid}-${task.revision}`
