import { RegistryError } from './registry-error.ts'

/** What an administrator decided about hosts; both name hosts with their port, as image references do. */
export interface Trust {
  /** Spoken to over plain HTTP; every other host gets TLS only. */
  readonly insecureRegistries: readonly string[]
  /** Token services that may be given the login of any registry which sends one there. */
  readonly tokenServices: readonly string[]
}

/** Registries whose token service has another name: the ones that their own challenges name. */
const TOKEN_SERVICES: Readonly<Record<string, string>> = {
  'registry-1.docker.io': 'auth.docker.io',
  'registry.gitlab.com': 'gitlab.com',
  'registry.digitalocean.com': 'api.digitalocean.com',
  'rg.fr-par.scw.cloud': 'api.scaleway.com',
  'rg.nl-ams.scw.cloud': 'api.scaleway.com',
  'rg.pl-waw.scw.cloud': 'api.scaleway.com',
}

/** The URL of a host of ours: TLS unless the host is listed. */
export const urlOf = (host: string, path: string, trust: Trust): URL =>
  new URL(`${trust.insecureRegistries.includes(host) ? 'http' : 'https'}://${host}${path}`)

/**
 * The one place that decides about an address which a server hands out: a redirect, the Location of an upload, a realm.
 * On the same host its own scheme is kept, since a TLS proxy in front of a registry makes it write `http://`. Nobody can
 * send us to plain HTTP on a host that is not listed. Throws RegistryError `invalid` for that.
 */
export function adopted(location: string, from: URL, trust: Trust): URL {
  const url = URL.parse(location, from.href)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new RegistryError('invalid', `${from.host} hands out an address that is no plain URL`)
  }
  const same = new URL(url)
  // This drops a port that the scheme implies, as in `http://host:443`.
  same.protocol = from.protocol
  if (same.host === from.host) return same
  if (url.protocol === 'https:' || isListed(url, trust)) return url
  const remedy = 'an administrator can list that host in settings.insecureRegistries'
  throw new RegistryError('invalid', `${from.host} hands out http://${url.host}, which is not HTTPS (${remedy})`)
}

/** Credentials of a registry are for its own origin: scheme, host and port. */
export const isHome = (url: URL, home: URL): boolean => url.origin === home.origin

/** May the login of a registry be given to this token service? On its own host, or where it is known to belong. */
export const maySignInAt = (realm: URL, home: URL, trust: Trust): boolean =>
  realm.hostname === home.hostname ||
  TOKEN_SERVICES[home.host] === realm.host ||
  trust.tokenServices.includes(realm.host)

const isListed = (url: URL, trust: Trust) => trust.insecureRegistries.includes(url.host)
