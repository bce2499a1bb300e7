import type { ImageRef } from './image-ref.ts'
import { isJsonObject, parseJsonObject } from './json.ts'
import type { Result } from './result.ts'
import { trimEnd } from './trim.ts'

/** What a docker config holds for one registry: a password, or a refresh token to trade for access tokens. */
export type Credential =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string }

/** Credentials by registry host, optionally with a path below it, as `docker login` and kubectl write them. */
export interface DockerAuth {
  readonly key: string
  readonly credential: Credential
}

export type DockerConfigResult = Result<{
  readonly auths: readonly DockerAuth[]
  /** Keys of entries that hold no login: a desktop keeps it in a helper (`credsStore`) and leaves `{}` behind. */
  readonly loginless: readonly string[]
}>

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

/** The credentials to try for an image in the kubelet's order: longer paths before shorter ones, hosts before globs. */
export function credentialsFor(
  auths: readonly DockerAuth[],
  image: Pick<ImageRef, 'registry' | 'repository'>,
): Credential[] {
  return auths
    .filter(({ key }) => covers(key, image))
    .toSorted((a, b) => (a.key < b.key ? 1 : a.key > b.key ? -1 : 0))
    .map(({ credential }) => credential)
}

/** Kubernetes caps a Secret at 1 MiB. */
const CONFIG_LIMIT = 1_048_576

/**
 * Does an entry hold for an image? As the kubelet reads its key: a host of as many labels, in which `*` stands for any part
 * of a label; the same port; and any beginning of the path, be it in the middle of a name.
 */
export function covers(key: string, image: Pick<ImageRef, 'registry' | 'repository'>): boolean {
  const slash = key.indexOf('/')
  const asked = splitHost(slash === -1 ? key : key.slice(0, slash))
  const given = splitHost(image.registry)
  return (
    asked.port === given.port &&
    asked.labels.length === given.labels.length &&
    asked.labels.every((label, i) => matchesGlob(label, given.labels[i] ?? '')) &&
    (slash === -1 || `/${image.repository}`.startsWith(key.slice(slash)))
  )
}

function splitHost(host: string): { readonly labels: readonly string[]; readonly port: string } {
  const port = /:\d+$/.exec(host)?.[0] ?? ''
  return { labels: host.slice(0, host.length - port.length).split('.'), port }
}

/** `*` is any number of characters. Each piece is looked for once, where it comes first, so nothing is tried twice. */
function matchesGlob(glob: string, text: string): boolean {
  const [first = '', ...rest] = glob.split('*')
  const last = rest.pop()
  if (last === undefined) return glob === text
  let from = first.length
  if (!text.startsWith(first)) return false
  for (const piece of rest) {
    const at = text.indexOf(piece, from)
    if (at === -1) return false
    from = at + piece.length
  }
  return text.length - last.length >= from && text.endsWith(last)
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

/**
 * Without scheme and API version: `https://reg.io/v2/` is `reg.io`. `https://index.docker.io/v1/` and `index.docker.io` both
 * mean Docker Hub.
 */
function normaliseKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, '')
  const host = bare.split('/', 1).join('').toLowerCase()
  const path = bare.slice(host.length).replace(/^\/v[12](?=\/|$)/, '')
  const known = host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host
  return path === '/' ? known : known + path
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
