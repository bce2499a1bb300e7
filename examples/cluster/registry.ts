import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from './command.ts'
import { freePort, untilPortFree } from './free-port.ts'
import { ensureDebianPackages } from './packages.ts'
import { removeNow } from './parent-exit.ts'
import { httpProbe } from './probe.ts'
import { type Daemon, killDaemon, startDaemon, stopDaemon, waitReady } from './process.ts'
import { toStderr } from './progress.ts'
import { tempFolder } from './temp-folder.ts'

export interface RegistryOptions {
  readonly user?: string
  /** Default: 16 random bytes in hex. */
  readonly password?: string
  /** No login at all, for tests of anonymous access. */
  readonly anonymous?: boolean
}

export interface Registry {
  /** host:port, as in an image reference; plain HTTP. */
  readonly url: string
  readonly user: string
  readonly password: string
  /** Kills it as a crash would; start() brings it back with the same data on the same port. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** An OCI registry of the caller's own on a free loopback port, behind a user and password (plain HTTP). */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  await ensureDebianPackages(REGISTRY_PACKAGES, toStderr())
  const dir = tempFolder('registry')
  const port = await freePort()
  const user = options.user ?? 'kaito'
  const password = options.password ?? randomBytes(16).toString('hex')
  const login = options.anonymous === true ? undefined : { user, password }
  const config = await writeRegistryConfig(dir, join(dir, 'data'), `127.0.0.1:${port}`, login)
  let daemon: Daemon | undefined
  const start = async () => {
    await untilPortFree(port)
    daemon = await startDaemon({ name: 'registry', argv: registryArgv(config), logFile: join(dir, 'registry.log') })
    await waitReady(daemon, registryProbe(`127.0.0.1:${port}`), 10_000)
  }
  await start()
  return {
    url: `127.0.0.1:${port}`,
    user,
    password,
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

export const REGISTRY_PACKAGES = ['docker-registry', 'apache2-utils'] as const

export const registryArgv = (config: string): string[] => ['docker-registry', 'serve', config]

/** The registry answers; 401 is an answer too. */
export const registryProbe = (address: string) => httpProbe(`http://${address}/v2/`, { accept: [200, 401] })

/** Writes the registry's configuration (and password file) into dir and returns the path of the configuration. */
export async function writeRegistryConfig(
  dir: string,
  data: string,
  address: string,
  login?: { readonly user: string; readonly password: string },
): Promise<string> {
  mkdirSync(data, { recursive: true })
  const htpasswd = join(dir, 'htpasswd')
  if (login !== undefined) {
    // The registry accepts bcrypt only; the password goes through stdin so that no process list shows it.
    const line = await mustRun(['htpasswd', '-niB', '-C', '5', login.user], { input: login.password })
    writeFileSync(htpasswd, line, { mode: 0o600 })
  }
  const config = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    // No blob cache: two servers share this folder in the cluster, and a cache would hide deletions from one of them.
    storage: { filesystem: { rootdirectory: data }, delete: { enabled: true }, redirect: { disable: true } },
    http: { addr: address, secret: 'only-signs-upload-state-on-this-machine' },
    ...(login === undefined ? {} : { auth: { htpasswd: { realm: 'kaito', path: htpasswd } } }),
  }
  const file = join(dir, `registry-${address.replaceAll(/[^0-9a-z]/gi, '-')}.yml`)
  writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 })
  return file
}
