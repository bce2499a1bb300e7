import { Redis } from 'ioredis'

/**
 * A connection for a queue's callers: fails at once while Redis is away, because a reconcile must not hang on a courier.
 * Connection errors are expected and repeated by ioredis for ever; without a listener they would end the process.
 */
export function producerConnection(url: string, onError: (error: Error) => void): Redis {
  return listen(
    new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      // A peer that accepts and never answers must not hold a caller either.
      commandTimeout: 5_000,
      retryStrategy,
      lazyConnect: false,
    }),
    onError,
  )
}

/** A connection for a worker: waits for Redis as long as it takes (BullMQ demands `maxRetriesPerRequest: null`). */
export function workerConnection(url: string, onError: (error: Error) => void): Redis {
  return listen(new Redis(url, { maxRetriesPerRequest: null, retryStrategy }), onError)
}

const retryStrategy = (attempt: number) => Math.min(100 * 2 ** Math.min(attempt, 5), 3_000)

function listen(redis: Redis, onError: (error: Error) => void): Redis {
  redis.on('error', onError)
  return redis
}

/**
 * Is Redis there and safe to queue in? Any eviction policy but noeviction may drop queued tasks and locks
 * (BullMQ's documentation, "going to production"). Gives the problem as text, or undefined.
 */
export async function redisProblem(redis: Redis): Promise<string | undefined> {
  try {
    const info = await redis.info('memory')
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
    if (policy !== undefined && policy !== 'noeviction') {
      return `Redis evicts keys (maxmemory-policy ${policy}): set it to noeviction`
    }
    return undefined
  } catch (error) {
    return `Redis does not answer: ${error instanceof Error ? error.message : String(error)}`
  }
}
