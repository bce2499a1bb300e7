import { type Credential, credentialsFor, type DockerAuth } from '#src/lib/docker-config.ts'
import { openRegistry, type Registry } from '#src/oci/registry.ts'
import { RegistryError } from '#src/oci/registry-error.ts'

/** Where images are pushed, as this machine reaches it. */
export interface Destination {
  /** `registry.example.com`, `127.0.0.1:5000`, `docker.io`. */
  readonly host: string
  /** Path below it that images are put under; empty for none. */
  readonly path: string
  readonly plainHttp: boolean
  readonly auths: readonly DockerAuth[]
  /** A login was given here and is no business of the tool's own configuration. */
  readonly login?: { readonly user: string; readonly password: string }
  /** Logins are, or may be, where only the tool finds them: what is refused to us may be granted to it. */
  readonly hasHiddenLogin: boolean
  /** Only a proxy leads to other machines: it is the tool that knows how to use it. */
  readonly isBehindProxy: boolean
}

export const repositoryOf = ({ path }: Pick<Destination, 'path'>, name: string): string =>
  path === '' ? name : `${path}/${name}`

export const referenceOf = (destination: Destination, name: string): string =>
  `${destination.host}/${repositoryOf(destination, name)}`

/** The digest that a tag has there already; undefined where it has none, or where only the push itself will tell. */
export async function publishedDigest(
  destination: Destination,
  repository: string,
  tag: string,
): Promise<string | undefined> {
  return asked(destination, async (registry) => (await registry.headManifest(repository, tag)).digest).catch(
    (error: unknown) => {
      if (error instanceof RegistryError) return undefined
      throw error
    },
  )
}

/**
 * Proves the right to push before anything is built; leaves nothing behind. Rejects with RegistryError where a push by the
 * tool would certainly fail as well.
 */
export async function provePush(destination: Destination, repository: string): Promise<void> {
  try {
    await asked(destination, (registry) => registry.probePush(repository))
  } catch (error) {
    if (!(error instanceof RegistryError) || isCertain(error, destination)) throw error
  }
}

/** Certificates are another matter for the tool, which trusts what this machine trusts; so is an answer that only we find odd. */
function isCertain({ kind, message }: RegistryError, { hasHiddenLogin, isBehindProxy }: Destination): boolean {
  if (kind === 'denied') return !hasHiddenLogin
  if (kind === 'dns' || kind === 'network') return !isBehindProxy
  return kind === 'not-found' || (kind === 'tls' && message.includes('plain HTTP'))
}

async function asked<T>(destination: Destination, ask: (registry: Registry) => Promise<T>): Promise<T> {
  const { host, plainHttp, auths } = destination
  const credentials = (repository: string): Credential[] => credentialsFor(auths, { registry: host, repository })
  const insecureRegistries = plainHttp ? [host] : []
  const registry = openRegistry(host, { credentials, insecureRegistries, attempts: 2, silenceMs: 10_000 })
  try {
    return await ask(registry)
  } finally {
    await registry.close()
  }
}
