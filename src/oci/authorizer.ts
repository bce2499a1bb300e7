import { parseJson } from '#src/lib/json.ts'
import { parseChallenge } from './challenge.ts'
import type { Credential } from './credentials.ts'
import { readLimited } from './limited-body.ts'
import { RegistryError } from './registry-error.ts'
import { firstValue, type Transport, type TransportRequest, type TransportResponse } from './transport.ts'

export type Scope = { readonly repository: string; readonly actions: 'pull' | 'pull,push' }

/** Sends a request to a registry and answers its challenges with the credentials at hand, one after another. */
export type Authorizer = { send(scope: Scope, request: TransportRequest): Promise<TransportResponse> }

/**
 * `credentials` are tried in order; for Bearer registries an anonymous token comes last (public images must not fail
 * because of a stale login). What worked is kept per scope. Throws RegistryError `denied` when nothing worked.
 */
export function createAuthorizer(
  transport: Transport,
  registry: string,
  credentials: (repository: string) => readonly Credential[],
): Authorizer {
  const kept = new Map<string, string>()
  return {
    async send(scope, message) {
      const key = `${scope.repository} ${scope.actions}`
      const remembered = kept.get(key)
      let response = await transport.send(authorized(message, remembered))
      if (response.statusCode !== 401 && !(response.statusCode === 403 && remembered === undefined)) return response
      const challenge = parseChallenge(firstValue(response.headers['www-authenticate']) ?? '')
      for (const credential of [...credentials(scope.repository), undefined]) {
        if (challenge === undefined || (credential === undefined && challenge.scheme === 'basic')) continue
        await response.body.dump({ limit: 65_536 })
        const header =
          challenge.scheme === 'basic'
            ? basicHeader(credential)
            : await fetchToken(transport, challenge, scope, credential)
        if (header === undefined) continue
        response = await transport.send(authorized(message, header))
        if (response.statusCode !== 401 && response.statusCode !== 403) {
          kept.set(key, header)
          return response
        }
      }
      const status = response.statusCode
      await response.body.dump({ limit: 65_536 })
      throw new RegistryError('denied', deniedMessage(registry, scope, credentials(scope.repository).length, status), {
        status,
      })
    },
  }
}

function authorized(message: TransportRequest, header: string | undefined): TransportRequest {
  return header === undefined ? message : { ...message, headers: { ...message.headers, authorization: header } }
}

function basicHeader(credential: Credential | undefined): string | undefined {
  if (credential?.kind !== 'password') return undefined
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`
}

/** A Bearer header from the token service, or undefined where the service refuses these credentials. */
async function fetchToken(
  transport: Transport,
  challenge: { realm: string; service: string | undefined },
  scope: Scope,
  credential: Credential | undefined,
): Promise<string | undefined> {
  const realm = URL.parse(challenge.realm)
  if (realm === null || transport.urlFor(realm.host, '/').protocol !== realm.protocol) {
    throw new RegistryError(
      'invalid',
      `the registry asks to sign in at "${challenge.realm}", which is not an HTTPS URL`,
    )
  }
  const query = new URLSearchParams({ scope: `repository:${scope.repository}:${scope.actions}` })
  if (challenge.service !== undefined) query.set('service', challenge.service)
  const response = await transport.send(tokenRequest(realm, query, credential))
  if (response.statusCode !== 200) {
    await response.body.dump({ limit: 65_536 })
    if (response.statusCode >= 400 && response.statusCode < 500) return undefined
    throw new RegistryError('unavailable', `the token service ${realm.host} answered ${response.statusCode}`)
  }
  const token = tokenOf((await readLimited(response.body, TOKEN_LIMIT)).toString('utf8'))
  if (token === undefined)
    throw new RegistryError('invalid', `the token service ${realm.host} answered without a token`)
  return `Bearer ${token}`
}

function tokenRequest(realm: URL, query: URLSearchParams, credential: Credential | undefined): TransportRequest {
  if (credential?.kind === 'identity-token') {
    const form = new URLSearchParams(query)
    form.set('grant_type', 'refresh_token')
    form.set('refresh_token', credential.token)
    form.set('client_id', 'kaito-ts')
    const body = Buffer.from(form.toString())
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) }
    return { method: 'POST', url: realm, headers, body: () => body }
  }
  const url = new URL(realm)
  for (const [key, value] of query) url.searchParams.set(key, value)
  const header = basicHeader(credential)
  return { method: 'GET', url, headers: header === undefined ? {} : { authorization: header } }
}

const TOKEN_LIMIT = 1_048_576

function tokenOf(json: string): string | undefined {
  const value = parseJson(json)
  if (typeof value !== 'object' || value === null) return undefined
  if ('token' in value && typeof value.token === 'string') return value.token
  return 'access_token' in value && typeof value.access_token === 'string' ? value.access_token : undefined
}

function deniedMessage(registry: string, scope: Scope, tried: number, status: number): string {
  const action = scope.actions === 'pull' ? 'pull from' : 'push to'
  const who =
    tried === 0
      ? 'no credentials for this registry were given'
      : `${tried === 1 ? 'the credentials given were' : `all ${tried} credentials given were`} refused`
  return `${registry} does not allow to ${action} ${scope.repository} (${status}): ${who}`
}
