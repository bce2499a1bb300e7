import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Redis as RedisServer, startRedis } from '#examples/cluster/redis.ts'
import { createTaskQueue, QUEUE_NAME, type TaskQueue } from '#jobs/queue.ts'
import { producerConnection, workerConnection } from '#jobs/redis.ts'
import { startWorker } from '#jobs/worker.ts'
import type { TuningTask } from '#src/contract/task.ts'
import { eventually } from '#test/support/eventually.ts'

let server: RedisServer
let redis: Redis
let queue: TaskQueue
const closers: (() => unknown)[] = []

beforeAll(async () => {
  server = await startRedis()
  redis = producerConnection(server.url, () => {})
  queue = createTaskQueue(redis)
  await eventually('Redis answers', async () => redis.status === 'ready')
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  // One test kills Redis; the connection comes back in its own time.
  await eventually('connected', async () => redis.status === 'ready')
  await redis.flushall()
})
afterAll(async () => {
  await queue.close()
  redis.disconnect()
  await server.stop()
})

const task = (revision: string): TuningTask => ({
  version: 1,
  namespace: 'default',
  name: 'tune',
  uid: '7e1c1f4e-0000-4000-8000-000000000001',
  revision,
})

/** A worker that notes what it was given, until the test ends. */
function worker(process: (task: TuningTask) => Promise<void> = async () => {}) {
  const taken: string[] = []
  const problems: string[] = []
  const deliveries: string[] = []
  const connection = workerConnection(server.url, () => {})
  const { close } = startWorker({
    connection,
    concurrency: 4,
    onFailure: (problem) => problems.push(problem),
    process: async (given) => {
      taken.push(given.revision)
      await process(given)
      return 'created'
    },
    onDelivery: (outcome) => deliveries.push(outcome),
  })
  closers.push(() => connection.disconnect(), close)
  return { taken, problems, deliveries }
}

/** The same queue without our code around it, until the test ends. */
function watcher(): Queue {
  const foreign = new Queue(QUEUE_NAME, { connection: { url: server.url } })
  closers.push(() => foreign.close())
  return foreign
}

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('the queue of tuning runs', () => {
  it('delivers a task once, however often it is queued while it waits or runs', async () => {
    for (let time = 0; time < 3; time++) await queue.enqueue(task('00000000aa'))
    expect((await queue.counts()).waiting).toBe(1)
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { taken } = worker(() => held)
    await eventually('the task is taken', async () => taken.length === 1)
    await queue.enqueue(task('00000000aa'))
    release()
    await rest(500)
    expect(taken).toEqual(['00000000aa'])
  })

  it('takes the same task again once it has been done', async () => {
    const { taken } = worker()
    await queue.enqueue(task('00000000ab'))
    await eventually('taken once', async () => taken.length === 1)
    const looking = watcher()
    await eventually('done once', async () => (await looking.getActiveCount()) === 0)
    await queue.enqueue(task('00000000ab'))
    await eventually('done twice', async () => taken.length === 2)
  })

  it('tries a task again that failed, and takes it anew after its last try', async () => {
    let failures = 0
    const { taken, problems, deliveries } = worker(async () => {
      failures += 1
      if (failures < 3) throw new Error('the apiserver is away')
    })
    await queue.enqueue(task('00000000ac'))
    await eventually('the third try', async () => taken.length === 3)
    expect(problems.every((problem) => problem.includes('the apiserver is away'))).toBe(true)
    expect(problems).toHaveLength(2)
    await eventually('told of each', async () => deliveries.join() === 'failed,failed,created')
  })

  it('forgets its tasks with Redis, and takes them when they are queued again', async () => {
    await queue.enqueue(task('00000000ad'))
    await redis.flushall()
    expect((await queue.counts()).waiting).toBe(0)
    await queue.enqueue(task('00000000ad'))
    const { taken } = worker()
    await eventually('the task is taken', async () => taken.length === 1)
  })

  it('serves a worker on after Redis forgot everything under it', async () => {
    const { taken } = worker()
    await rest(300)
    await redis.flushall()
    await queue.enqueue(task('00000000ae'))
    await eventually('the task is taken', async () => taken.length === 1)
  })

  it.for([
    ['meta', 'a list'],
    ['wait', 'a text'],
    ['id', 'a text'],
  ] as const)('heals itself where somebody wrote to its key %s, and leaves what is not its own', async ([key, how]) => {
    const { taken } = worker()
    await rest(300)
    const spoilt = `bull:${QUEUE_NAME}:${key}`
    await redis.del(spoilt)
    if (how === 'a list') await redis.rpush(spoilt, 'x')
    else await redis.set(spoilt, 'x')
    await redis.set('bull:another:id', '7')
    await queue.enqueue(task('00000000b2'))
    await eventually('the task is taken', async () => taken.includes('00000000b2'))
    expect(await redis.get('bull:another:id')).toBe('7')
  })

  it('keeps a task that Redis had acknowledged when Redis is killed', async () => {
    await queue.enqueue(task('00000000af'))
    await server.kill()
    await server.start()
    const { taken } = worker()
    await eventually('the task is taken', async () => taken.length === 1)
  })

  it.for([
    ['another version', { ...task('00000000b0'), version: 2 }],
    ['no fields', {}],
    ['a list', []],
    ['a revision that is a path', { ...task('00000000b0'), revision: '../../etc' }],
    ['a name of 300 characters', { ...task('00000000b0'), name: 'n'.repeat(300) }],
    ['nothing at all', null],
  ] as const)('refuses %s for good, without a second try', async ([, data]) => {
    const foreign = watcher()
    const { taken, problems, deliveries } = worker()
    await foreign.add('tune', data, { attempts: 5, backoff: { type: 'fixed', delay: 10 } })
    await eventually('it is refused', async () => problems.length > 0)
    await rest(300)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain('not a tuning task')
    expect(taken).toEqual([])
    expect(deliveries).toEqual(['refused'])
    // And the next good one is served.
    await queue.enqueue(task('00000000b1'))
    await eventually('the good task is taken', async () => taken.length === 1)
  })
})
