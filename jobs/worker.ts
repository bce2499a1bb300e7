import { UnrecoverableError, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { TuningTask } from '#src/contract/task.ts'
import { decodeTask } from './codec.ts'
import type { Processed } from './process.ts'
import { QUEUE_NAME } from './queue.ts'

export interface WorkerOptions {
  readonly connection: Redis
  readonly concurrency: number
  /** Does the work: must be idempotent, since a task is delivered at least once. */
  readonly process: (task: TuningTask) => Promise<Processed>
  /** Told after each delivery: what became of it, and how long it took. */
  readonly onDelivery?: (outcome: Processed | 'failed' | 'refused', tookMs: number) => void
  readonly onFailure: (problem: string) => void
}

/**
 * Takes tasks until closed. A worker that dies leaves its task locked for 10 s, then another takes it; BullMQ's default of
 * giving up after the second such death would park a run for ever, so the count is raised beyond reach.
 */
export function startWorker({ connection, concurrency, process, onDelivery, onFailure }: WorkerOptions): {
  close(): Promise<void>
} {
  const worker = new Worker(
    QUEUE_NAME,
    async (job) => {
      const startedAt = performance.now()
      let outcome: Processed | 'failed' | 'refused' = 'failed'
      try {
        const decoded = decodeTask(job.data)
        if (!decoded.ok) {
          outcome = 'refused'
          throw new UnrecoverableError(decoded.reason)
        }
        outcome = await process(decoded.task)
      } finally {
        onDelivery?.(outcome, performance.now() - startedAt)
      }
    },
    { connection, concurrency, lockDuration: 10_000, stalledInterval: 10_000, maxStalledCount: 1_000 },
  )
  worker.on('failed', (job, error) => onFailure(`task ${job?.id ?? 'unknown'}: ${error.message}`))
  worker.on('error', () => {})
  return { close: () => worker.close() }
}
