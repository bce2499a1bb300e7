import { join } from 'node:path'
import { freePort, untilPortFree } from './free-port.ts'
import { ensureDebianPackages } from './packages.ts'
import { removeNow } from './parent-exit.ts'
import { tcpProbe } from './probe.ts'
import { type Daemon, killDaemon, startDaemon, stopDaemon, waitReady } from './process.ts'
import { toStderr } from './progress.ts'
import { tempFolder } from './temp-folder.ts'

export interface RedisOptions {
  /** `noeviction` as BullMQ asks (default true); false sets a small memory limit with eviction instead. */
  readonly noeviction?: boolean
}

export interface Redis {
  readonly url: string
  readonly port: number
  /** Kills the server as a crash would; what it has acknowledged is in its append-only file. */
  kill(): Promise<void>
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

/** A Redis server of the caller's own on a free loopback port, with an append-only file so that kill() then start() loses nothing. */
export async function startRedis(options: RedisOptions = {}): Promise<Redis> {
  await ensureDebianPackages(['redis-server'], toStderr())
  const dir = tempFolder('redis')
  const port = await freePort()
  let daemon: Daemon | undefined
  const start = async () => {
    await untilPortFree(port)
    daemon = await startDaemon({
      name: 'redis-server',
      argv: redisArgv(port, dir, options),
      logFile: join(dir, 'redis.log'),
    })
    await waitReady(daemon, tcpProbe('127.0.0.1', port), 10_000)
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill: async () => {
      if (daemon !== undefined) await killDaemon(daemon)
    },
    stop: async () => {
      if (daemon !== undefined) await stopDaemon(daemon)
      removeNow(dir)
    },
  }
}

function redisArgv(port: number, dir: string, options: RedisOptions): string[] {
  const eviction =
    options.noeviction === false
      ? ['--maxmemory', '32mb', '--maxmemory-policy', 'allkeys-lru']
      : ['--maxmemory-policy', 'noeviction']
  const network = ['--bind', '127.0.0.1', '--port', String(port)]
  // Without flushes of its own Redis writes to the file before it answers, always; with them it may put a write off.
  const file = ['--appendonly', 'yes', '--appendfsync', 'no', '--save', '']
  return ['redis-server', ...network, '--dir', dir, ...file, ...eviction]
}
