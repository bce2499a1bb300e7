import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { type Processed, processTask } from '#jobs/process.ts'
import { createTaskQueue, type TaskCounts, type TaskQueue } from '#jobs/queue.ts'
import { producerConnection, redisProblem, workerConnection } from '#jobs/redis.ts'
import { startWorker } from '#jobs/worker.ts'
import type { Config } from '#src/config.ts'
import type { TuningTask } from '#src/contract/task.ts'
import { isConflict } from '#src/kube/errors.ts'
import { gather } from '#src/kube/gather.ts'
import { controllerOf, isControlledBy } from '#src/observe/ownership.ts'
import { planTuningJob } from '#src/plan/workspace.ts'
import type { Component } from '#src/runtime/lifecycle.ts'
import type { Kubernetes } from './kubernetes.ts'
import type { Wiring } from './wiring.ts'

export interface Tuning {
  readonly queue: TaskQueue
  /** Why the Redis that answers must not be used, or undefined. */
  readonly problem: () => Promise<string | undefined>
  readonly component: Component
}

/** The courier between reconciler and worker, and the worker itself: every replica works, whoever leads. */
export function wireTuning(wiring: Wiring, kubernetes: Kubernetes): Tuning {
  const { config, log, metrics } = wiring
  const complain = complainOnce(log)
  const producer = producerConnection(config.settings.redisUrl, complain)
  const queue = createTaskQueue(producer)
  let consumer: Redis | undefined
  let worker: { close(): Promise<void> } | undefined
  const component: Component = {
    name: 'tuning worker',
    start: () => {
      consumer = workerConnection(config.settings.redisUrl, complain)
      worker = startWorker({
        connection: consumer,
        concurrency: config.settings.tuningConcurrency,
        process: (task) => createJob(task, config, kubernetes, log),
        onDelivery: (outcome, tookMs) => {
          metrics.count('tasks', { outcome })
          metrics.observe('taskSeconds', tookMs / 1000)
        },
        onFailure: (problem) => log.warn({ problem }, 'a tuning task failed; the reconciler will queue it again'),
      })
    },
    stop: async () => {
      await worker?.close()
      await queue.close()
      consumer?.disconnect()
      producer.disconnect()
    },
  }
  metrics.beforeScrape(async () => {
    const counts = await answerWithin(SCRAPE_MS, queue.counts())
    metrics.set('redisUp', counts === undefined ? 0 : 1)
    metrics.clear('tasksWaiting')
    if (counts === undefined) return
    for (const state of STATES) metrics.set('tasksWaiting', counts[state], { state })
  })
  // A Redis that is away holds up tuning runs only: unready for that, this pod would take admission down with it.
  const problem = async () => (producer.status === 'ready' ? redisProblem(producer) : undefined)
  return { queue, problem, component }
}

const STATES = ['waiting', 'active', 'delayed'] as const satisfies readonly (keyof TaskCounts)[]

/** How long a scrape waits for Redis, in ms: far below Prometheus' own 10 s. */
const SCRAPE_MS = 1_000

/** The answer, or undefined where there is none in time, or an error instead. */
function answerWithin<T>(ms: number, answer: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms)
    answer.then(resolve, () => resolve(undefined)).finally(() => clearTimeout(timer))
  })
}

/** ioredis repeats a connection error several times a second while Redis is away: one line a minute is enough. */
function complainOnce(log: Logger): (error: Error) => void {
  let last = 0
  return (err) => {
    if (Date.now() - last < 60_000) return
    last = Date.now()
    log.warn({ err }, 'Redis is not reachable; tuning runs wait until it is')
  }
}

function createJob(
  task: TuningTask,
  config: Config,
  { client, stores, named }: Kubernetes,
  log: Logger,
): Promise<Processed> {
  const signal = AbortSignal.timeout(30_000)
  const { settings, catalog } = config
  return processTask(task, {
    desiredJob: async ({ namespace, name, uid }) => {
      const world = await gather(
        `${namespace}/${name}`,
        { client, stores, named, settings, catalog, now: Date.now },
        signal,
        true,
      )
      return world?.workspace.metadata.uid === uid ? planTuningJob(world) : undefined
    },
    create: async (job) => {
      try {
        await client.create(job, signal)
        return true
      } catch (error) {
        if (!isConflict(error)) throw error
        // Made by an earlier delivery of the same task; or by somebody else, and the reconciler will say so.
        const { namespace = '', name } = job.metadata
        const found = await client.get({ kind: 'Job', namespace, name }, signal)
        return found !== undefined && isControlledBy(found, controllerOf(job) ?? '')
      }
    },
    log: (outcome, { namespace, name, revision }) => log.info({ namespace, name, revision, outcome }, 'tuning task'),
  })
}
