import type { ImageRef } from './image-ref.ts'
import { isJsonObject, parseJsonObject } from './json.ts'
import { trimEnd } from './trim.ts'

/** What a docker config holds for one registry: a password, or a refresh token to trade for access tokens. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string }

/** Credentials by registry host, optionally with a path below it, as `docker login` and kubectl write them. */
export type DockerAuth = { readonly key: string; readonly credential: Credential }

export type DockerConfigResult =
  | {
      readonly ok: true
      readonly auths: readonly DockerAuth[]
      /** Keys of entries that hold no login: a desktop keeps it in a helper (`credsStore`) and leaves `{}` behind. */
      readonly loginless: readonly string[]
    }
  | { readonly ok: false; readonly reason: string }

/** Reads `config.json` / `.dockerconfigjson` (with `auths`) and the older `.dockercfg` (hosts at the top level). */
export function parseDockerConfig(text: string): DockerConfigResult {
  if (text.length > CONFIG_LIMIT) return { ok: false, reason: `the docker config is over ${CONFIG_LIMIT} bytes` }
  const root = parseJsonObject(text)
  if (root === undefined) return { ok: false, reason: 'the docker config is not a JSON object' }
  const auths = 'auths' in root ? root['auths'] : root
  if (!isJsonObject(auths)) return { ok: false, reason: 'the docker config has no "auths" object' }
  const entries = Object.entries(auths).map(([key, value]) => ({
    key: normaliseKey(key),
    credential: isJsonObject(value) ? credentialOf(value) : undefined,
  }))
  return {
    ok: true,
    auths: entries.flatMap(({ key, credential }) => (credential === undefined ? [] : [{ key, credential }])),
    loginless: entries.filter(({ credential }) => credential === undefined).map(({ key }) => key),
  }
}

/** The credentials to try for an image, the most specific path first, as the kubelet orders them. */
export function credentialsFor(
  auths: readonly DockerAuth[],
  image: Pick<ImageRef, 'registry' | 'repository'>,
): Credential[] {
  return auths
    .filter(({ key }) => covers(key, image))
    .toSorted((a, b) => b.key.length - a.key.length)
    .map(({ credential }) => credential)
}

/** Kubernetes caps a Secret at 1 MiB. */
const CONFIG_LIMIT = 1_048_576

/** A key names a host, maybe with `*` for whole labels (as the kubelet allows), and maybe the start of a path. */
export function covers(key: string, image: Pick<ImageRef, 'registry' | 'repository'>): boolean {
  const slash = key.indexOf('/')
  const host = (slash === -1 ? key : key.slice(0, slash)).split('.')
  const path = slash === -1 ? '' : key.slice(slash + 1)
  const labels = image.registry.split('.')
  const isHost = host.length === labels.length && host.every((part, i) => part === '*' || part === labels[i])
  return isHost && (path === '' || image.repository === path || image.repository.startsWith(`${path}/`))
}

function credentialOf(entry: Record<string, unknown>): Credential | undefined {
  const identity = text(entry['identitytoken'])
  if (identity !== undefined) return { kind: 'identity-token', token: identity }
  const pair = decodePair(text(entry['auth']))
  const username = text(entry['username']) ?? pair?.username
  const password = text(entry['password']) ?? pair?.password
  if (username === undefined || password === undefined) return undefined
  // Credential helpers mark a refresh token by this user name.
  if (username === '<token>') return { kind: 'identity-token', token: password }
  return { kind: 'password', username, password }
}

function decodePair(auth: string | undefined): { username: string; password: string } | undefined {
  if (auth === undefined) return undefined
  const pair = Buffer.from(auth, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon < 1 ? undefined : { username: pair.slice(0, colon), password: trimEnd(pair.slice(colon + 1), '\0') }
}

/** `https://index.docker.io/v1/` and `index.docker.io` both mean Docker Hub. */
function normaliseKey(key: string): string {
  const bare = trimEnd(key.replace(/^https?:\/\//, '').replace(/\/v[12]\/?$/, ''), '/')
  const host = bare.split('/', 1).join('').toLowerCase()
  const rest = bare.slice(host.length)
  return (host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host) + rest
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
