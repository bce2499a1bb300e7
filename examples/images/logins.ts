import { homedir } from 'node:os'
import { join } from 'node:path'
import { type DockerAuth, parseDockerConfig } from '#src/lib/docker-config.ts'
import { isJsonObject, parseJsonObject } from '#src/lib/json.ts'
import type { ToolName } from './tool.ts'

type Env = Readonly<Record<string, string | undefined>>

/** The files in which `buildah login` and `docker login` keep what they were told, in the order their tool looks. */
export function loginFiles(tool: ToolName, env: Env, uid: number, home: string = homedir()): string[] {
  const docker = join(env['DOCKER_CONFIG'] ?? join(home, '.docker'), 'config.json')
  if (tool === 'docker') return [docker]
  const given = env['REGISTRY_AUTH_FILE']
  if (given !== undefined && given !== '') return [given]
  const runtime = env['XDG_RUNTIME_DIR']
  return [
    runtime ? join(runtime, 'containers', 'auth.json') : `/run/containers/${uid}/auth.json`,
    join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'containers', 'auth.json'),
    docker,
  ]
}

export interface Logins {
  readonly auths: readonly DockerAuth[]
  /** A credential helper may hold a login for this host. */
  readonly hasHelper: boolean
}

/** What is written in those files about a host. Files that are missing or that nobody can read hold nothing. */
export function readLogins(host: string, texts: readonly (string | undefined)[]): Logins {
  const roots = texts.flatMap((text) => (text === undefined ? [] : [text]))
  return {
    auths: roots.flatMap((text) => {
      const parsed = parseDockerConfig(text)
      return parsed.ok ? parsed.auths : []
    }),
    hasHelper: roots.some((text) => {
      const { credsStore, credHelpers } = parseJsonObject(text) ?? {}
      return Boolean(credsStore) || (isJsonObject(credHelpers) && host in credHelpers)
    }),
  }
}
