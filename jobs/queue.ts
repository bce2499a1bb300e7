import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { type TuningTask, taskId } from '#src/contract/task.ts'

export const QUEUE_NAME = 'kaito-tuning'

/** Hands tuning runs to workers. Redis may forget everything at any time: the reconciler asks again until the Job exists. */
export interface TaskQueue {
  /** Idempotent while the same task waits or runs. Throws when Redis is away. */
  enqueue(task: TuningTask): Promise<void>
  /** How many tasks there are, by state. Throws when Redis is away. */
  counts(): Promise<TaskCounts>
  close(): Promise<void>
}

export interface TaskCounts {
  readonly waiting: number
  readonly active: number
  readonly delayed: number
}

export function createTaskQueue(connection: Redis): TaskQueue {
  const queue = new Queue(QUEUE_NAME, { connection })
  // Connection errors are reported by the connection's own listener; this one only keeps the process alive.
  queue.on('error', () => {})
  /** BullMQ itself would wait for a first connection for ever, and its caller with it. */
  const connected = () => {
    if (connection.status !== 'ready') throw new Error(`Redis is not connected (${connection.status})`)
  }
  // Deduplication by id, not a fixed jobId: a jobId stays taken while a finished job of that name is kept.
  const add = (task: TuningTask) =>
    queue.add('tune', task, {
      deduplication: { id: taskId(task) },
      attempts: 5,
      backoff: { type: 'exponential', delay: 1_000 },
      removeOnComplete: true,
      removeOnFail: true,
    })
  return {
    async enqueue(task) {
      connected()
      try {
        await add(task)
      } catch (error) {
        if (!isSpoilt(error)) throw error
        // Redis is a courier only: what it loses is sent again, and a queue that takes nothing would carry nothing for ever.
        await dropKeys(connection)
        await add(task)
      }
    },
    async counts() {
      connected()
      const { wait = 0, active = 0, delayed = 0 } = await queue.getJobCounts('wait', 'active', 'delayed')
      return { waiting: wait, active, delayed }
    },
    close: () => queue.close(),
  }
}

/** A key of ours holds what we never write there: Redis says so of any command that touches it. */
const isSpoilt = (error: unknown) => error instanceof Error && /WRONGTYPE|value is not an integer/.test(error.message)

/** All keys of our queue and nobody else's. */
async function dropKeys(connection: Redis): Promise<void> {
  for await (const keys of connection.scanStream({ match: `bull:${QUEUE_NAME}:*`, count: 1_000 })) {
    if (Array.isArray(keys) && keys.length > 0) await connection.unlink(keys)
  }
}
