import { RegistryError } from './registry-error.ts'

/** What an administrator decided about hosts; both name hosts with their port, as image references do. */
export type Trust = {
  /** Spoken to over plain HTTP; every other host gets TLS only. */
  readonly insecureRegistries: readonly string[]
  /** Token services that may be given the login of any registry which sends one there. */
  readonly tokenServices: readonly string[]
}

/** Registries whose token service has another name, as their operators document it. */
const TOKEN_SERVICES: Readonly<Record<string, string>> = {
  'registry-1.docker.io': 'auth.docker.io',
  'registry.gitlab.com': 'gitlab.com',
}

/** The URL of a host of ours: TLS unless the host is listed. */
export const urlOf = (host: string, path: string, trust: Trust): URL =>
  new URL(`${trust.insecureRegistries.includes(host) ? 'http' : 'https'}://${host}${path}`)

/**
 * The one place that decides about an address which a server hands out: a redirect, the Location of an upload, a realm.
 * On the same host its own scheme is kept, since a TLS proxy in front of a registry makes it write `http://`. A server
 * that speaks TLS cannot send us to plain HTTP, unless that host is listed. Throws RegistryError `invalid` for that.
 */
export function adopted(location: string, from: URL, trust: Trust): URL {
  const url = URL.parse(location, from.href)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new RegistryError('invalid', `${from.host} hands out an address that is no plain URL`)
  }
  if (url.host === from.host && url.protocol !== from.protocol) url.protocol = from.protocol
  if (url.protocol === 'http:' && from.protocol === 'https:' && !isListed(url, trust)) {
    throw new RegistryError('invalid', `${from.host} hands out http://${url.host}, which is not HTTPS`)
  }
  return url
}

/** Credentials of a registry are for its own origin: scheme, host and port. */
export const isHome = (url: URL, home: URL): boolean => url.origin === home.origin

/** May the login of a registry be given to this token service? On its own host, or where it is known to belong. */
export const maySignInAt = (realm: URL, home: URL, trust: Trust): boolean =>
  realm.hostname === home.hostname ||
  TOKEN_SERVICES[home.host] === realm.host ||
  trust.tokenServices.includes(realm.host)

/** The address of a token service: TLS, or a host that is listed. */
export function tokenServiceAt(realm: string, home: URL, trust: Trust): URL {
  const url = adopted(realm, home, trust)
  if (url.protocol === 'https:' || isListed(url, trust)) return url
  throw new RegistryError('invalid', `the registry asks to sign in at "${realm}", which is not HTTPS`)
}

const isListed = (url: URL, trust: Trust) => trust.insecureRegistries.includes(url.host)
