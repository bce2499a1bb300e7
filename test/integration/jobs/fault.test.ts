import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '#examples/cluster/free-port.ts'
import { killDaemon, lastLines, startDaemon } from '#examples/cluster/process.ts'
import { startRedis } from '#examples/cluster/redis.ts'
import { tempFolder } from '#examples/cluster/temp-folder.ts'
import { createTaskQueue } from '#jobs/queue.ts'
import { producerConnection, redisProblem, workerConnection } from '#jobs/redis.ts'
import { startWorker } from '#jobs/worker.ts'
import type { TuningTask } from '#src/contract/task.ts'
import { eventually } from '#test/support/eventually.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const task: TuningTask = { version: 1, namespace: 'default', name: 'tune', uid: 'u', revision: '0123456789' }

function producer(url: string) {
  const connection = producerConnection(url, () => {})
  const queue = createTaskQueue(connection)
  closers.push(() => connection.disconnect())
  return { connection, queue }
}

async function tookMs(work: Promise<unknown>): Promise<{ ms: number; error: unknown }> {
  const startedAt = performance.now()
  const error = await work.then(
    () => undefined,
    (problem: unknown) => problem,
  )
  return { ms: performance.now() - startedAt, error }
}

async function server(options?: Parameters<typeof startRedis>[0]) {
  const redis = await startRedis(options)
  closers.push(() => redis.stop())
  return redis
}

describe('a worker that is killed', () => {
  it('loses its task to another worker, each time, within half a minute', async () => {
    const redis = await server()
    const { queue, connection } = producer(redis.url)
    await eventually('connected', async () => connection.status === 'ready')
    await queue.enqueue(task)
    for (const round of [1, 2]) {
      const logFile = join(tempFolder('worker'), `${round}.log`)
      const argv = [process.execPath, join(import.meta.dirname, 'worker-process.ts'), redis.url]
      const victim = await startDaemon({ name: `worker ${round}`, argv, logFile })
      await eventually('it took the task', async () => lastLines(logFile, 1) === 'took 0123456789', 40_000)
      await killDaemon(victim)
    }
    const taken: TuningTask[] = []
    const consumer = workerConnection(redis.url, () => {})
    const { close } = startWorker({
      connection: consumer,
      concurrency: 1,
      onFailure: () => {},
      process: async (given) => {
        taken.push(given)
        return 'created'
      },
    })
    closers.push(() => consumer.disconnect(), close)
    await eventually('the third worker took it', async () => taken.length === 1, 40_000)
    expect(taken).toEqual([task])
  }, 130_000)
})

describe('a producer', () => {
  it('fails at once when Redis was never there', async () => {
    const { queue } = producer(`redis://127.0.0.1:${await freePort()}`)
    const { ms, error } = await tookMs(queue.enqueue(task))
    expect(error).toBeInstanceOf(Error)
    expect(ms).toBeLessThan(1_000)
  })

  it('fails at once while Redis is away, and works when it is back', async () => {
    const redis = await server()
    const { queue, connection } = producer(redis.url)
    await eventually('connected', async () => connection.status === 'ready')
    await queue.enqueue(task)
    await redis.kill()
    await eventually('the loss is noticed', async () => connection.status !== 'ready')
    const { ms, error } = await tookMs(queue.enqueue(task))
    expect(error).toBeInstanceOf(Error)
    expect(ms).toBeLessThan(1_000)
    await redis.start()
    await eventually('connected again', async () => connection.status === 'ready', 10_000)
    await queue.enqueue({ ...task, revision: 'fffffffff0' })
    expect((await queue.counts()).waiting).toBeGreaterThan(0)
  })

  it('gives up on a Redis that accepts and never answers', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    closers.push(() => void silent.close())
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { queue } = producer(`redis://127.0.0.1:${port}`)
    const { ms, error } = await tookMs(queue.enqueue(task))
    expect(error).toBeInstanceOf(Error)
    expect(ms).toBeLessThan(6_000)
  })
})

describe('the check of Redis', () => {
  it('finds nothing wrong with noeviction', async () => {
    const { connection } = producer((await server()).url)
    await eventually('connected', async () => connection.status === 'ready')
    expect(await redisProblem(connection)).toBeUndefined()
  })

  it('names an eviction policy that would lose tasks', async () => {
    const { connection } = producer((await server({ noeviction: false })).url)
    await eventually('connected', async () => connection.status === 'ready')
    expect(await redisProblem(connection)).toContain('allkeys-lru')
  })

  it('says that a Redis that is away does not answer', async () => {
    const { connection } = producer(`redis://127.0.0.1:${await freePort()}`)
    expect(await redisProblem(connection)).toContain('does not answer')
  })
})
