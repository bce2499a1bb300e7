import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { type TuningTask, taskId } from '#src/api/tuning-task.ts'

export const QUEUE_NAME = 'kaito-tuning'

/** Hands tuning runs to workers. Redis may forget everything at any time: the reconciler asks again until the Job exists. */
export interface TaskQueue {
  /** Idempotent while the same task waits or runs. Throws when Redis is away. */
  enqueue(task: TuningTask): Promise<void>
  /** Tasks that wait, for the metric. */
  waiting(): Promise<number>
  close(): Promise<void>
}

export function createTaskQueue(connection: Redis): TaskQueue {
  const queue = new Queue(QUEUE_NAME, { connection })
  // Connection errors are reported by the connection's own listener; this one only keeps the process alive.
  queue.on('error', () => {})
  return {
    async enqueue(task) {
      // BullMQ itself would wait for a first connection for ever, and a reconcile with it.
      if (connection.status !== 'ready') throw new Error(`Redis is not connected (${connection.status})`)
      // Deduplication by id, not a fixed jobId: a jobId stays taken while a finished job of that name is kept.
      await queue.add('tune', task, {
        deduplication: { id: taskId(task) },
        attempts: 5,
        backoff: { type: 'exponential', delay: 1_000 },
        removeOnComplete: true,
        removeOnFail: true,
      })
    },
    waiting: () => queue.getWaitingCount(),
    close: () => queue.close(),
  }
}
