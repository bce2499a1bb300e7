import type { Credential } from '#src/lib/docker-config.ts'
import { parseJson } from '#src/lib/json.ts'
import { parseChallenge } from './challenge.ts'
import { ownWords } from './error-detail.ts'
import { readLimited } from './limited-body.ts'
import { adopted, isHome, maySignInAt, type Trust } from './origins.ts'
import { RegistryError } from './registry-error.ts'
import { firstValue, type Transport, type TransportRequest, type TransportResponse } from './transport.ts'

export interface Scope {
  readonly repository: string
  readonly actions: 'pull' | 'pull,push'
}

/** Sends a request to a registry and answers its challenges with the credentials at hand, one after another. */
export interface Authorizer {
  send(scope: Scope, request: TransportRequest): Promise<TransportResponse>
}

export interface AuthorizerOptions {
  readonly transport: Transport
  /** The registry as image references name it, for messages. */
  readonly registry: string
  /** Where the registry is: credentials go nowhere else. */
  readonly home: URL
  readonly trust: Trust
  /** What to try for a repository, in order. */
  readonly credentials: (repository: string) => readonly Credential[]
}

/**
 * For Bearer registries an anonymous token comes last (public images must not fail because of a stale login). What worked is
 * kept per scope. Credentials, and answers to challenges, go to the registry's own origin only: an upload or a blob on
 * another host gets neither. Throws RegistryError `denied` when nothing worked.
 */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { transport, home, credentials } = options
  const kept = new Map<string, string>()
  return {
    async send(scope, message) {
      if (!isHome(message.url, home)) return transport.send(message)
      const key = `${scope.repository} ${scope.actions}`
      const remembered = kept.get(key)
      let response = await transport.send(authorized(message, remembered))
      if (response.statusCode !== 401 && !(response.statusCode === 403 && remembered === undefined)) return response
      const known = credentials(scope.repository)
      const refusal: Refusal = { known: known.length, sent: 0 }
      // A host that the registry redirects to may not ask for the registry's login.
      if (!isHome(response.from, home)) return response
      const challenge = parseChallenge(firstValue(response.headers['www-authenticate']) ?? '')
      for (const credential of challenge === undefined ? [] : [...known, undefined]) {
        if (challenge === undefined || (credential === undefined && challenge.scheme === 'basic')) continue
        const header =
          challenge.scheme === 'basic'
            ? basicHeader(credential)
            : await fetchToken(options, { challenge, scope, credential }, refusal)
        if (header === undefined) continue
        await response.body.dump({ limit: 65_536 })
        const tried = authorized(message, header)
        response = await transport.send(tried)
        if (!isHome(response.from, home) || (response.statusCode !== 401 && response.statusCode !== 403)) {
          kept.set(key, header)
          return response
        }
        if (credential === undefined) continue
        refusal.sent++
        // What a login was told says more than what an anonymous try is told after it.
        refusal.status ??= response.statusCode
        refusal.words ??= await wordsFor(transport, tried, response)
      }
      refusal.words ??= await wordsFor(transport, message, response)
      throw refused(options.registry, scope, { status: response.statusCode, ...refusal })
    },
  }
}

/** What is known of a refusal while credentials are tried. */
interface Refusal {
  readonly known: number
  /** Credentials that reached the registry or its token service. */
  sent: number
  /** The registry's or the token service's own words, to the first login that was refused. */
  words?: string | undefined
  /** What the registry answered to that login. */
  status?: number
  /** A token service that was not trusted with the login. */
  stranger?: string
}

function refused(registry: string, scope: Scope, refusal: Refusal & { readonly status: number }): RegistryError {
  const { known, sent, status, words } = refusal
  const action = scope.actions === 'pull' ? 'pull from' : 'push to'
  const said = words === undefined ? '' : `; it says: ${words}`
  const text = `${registry} does not allow to ${action} ${scope.repository} (${status}): ${whoWasRefused(refusal)}${said}`
  return new RegistryError('denied', text, { status, words, isUnsent: known > 0 && sent === 0 })
}

/** The server's words for a refusal. A HEAD has none, so the same is asked once more in a way that is answered with some. */
async function wordsFor(
  transport: Transport,
  message: TransportRequest,
  response: TransportResponse,
): Promise<string | undefined> {
  if (message.method !== 'HEAD') return ownWords(response)
  const again = await transport.send({ ...message, method: 'GET', attempts: 1 }).catch(() => undefined)
  if (again === undefined) return undefined
  if (again.statusCode === response.statusCode) return ownWords(again)
  await again.body.dump({ limit: 65_536 })
  return undefined
}

function whoWasRefused({ known, sent, stranger }: Refusal): string {
  if (known === 0) return 'no credentials for this registry were given'
  if (stranger !== undefined) {
    return (
      `the credentials were never sent, because it asks to sign in at ${stranger}, which is not known to belong to it ` +
      '(an administrator can list that host in settings.tokenServices)'
    )
  }
  if (sent === 0) return 'the credentials were never sent, because it did not ask for a login'
  return `${known === 1 ? 'the credentials given were' : `all ${known} credentials given were`} refused`
}

function authorized(message: TransportRequest, header: string | undefined): TransportRequest {
  return header === undefined ? message : { ...message, headers: { ...message.headers, authorization: header } }
}

function basicHeader(credential: Credential | undefined): string | undefined {
  if (credential?.kind !== 'password') return undefined
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`
}

interface TokenQuestion {
  readonly challenge: { readonly realm: string; readonly service: string | undefined }
  readonly scope: Scope
  readonly credential: Credential | undefined
}

/** A Bearer header from the token service, or undefined where the service refuses these credentials. */
async function fetchToken(
  { transport, home, trust }: AuthorizerOptions,
  { challenge, scope, credential }: TokenQuestion,
  refusal: Refusal,
): Promise<string | undefined> {
  const realm = adopted(challenge.realm, home, trust)
  if (credential !== undefined && !maySignInAt(realm, home, trust)) {
    refusal.stranger = realm.host
    return undefined
  }
  const query = new URLSearchParams({ scope: `repository:${scope.repository}:${scope.actions}` })
  if (challenge.service !== undefined) query.set('service', challenge.service)
  const response = await transport.send(tokenRequest(realm, query, credential))
  if (response.statusCode !== 200) {
    const words = await ownWords(response)
    if (response.statusCode < 400 || response.statusCode >= 500) {
      throw new RegistryError('unavailable', `the token service ${realm.host} answered ${response.statusCode}`)
    }
    if (credential !== undefined) refusal.sent++
    if (words !== undefined) refusal.words ??= words
    return undefined
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
