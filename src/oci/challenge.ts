/** What a registry's `WWW-Authenticate` header asks for. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service: string | undefined }

/** Reads the header by RFC 9110; Bearer wins over Basic where both are offered, since registries mean it so. */
export function parseChallenge(header: string): Challenge | undefined {
  let basic = false
  for (const { scheme, params } of readChallenges(header)) {
    if (scheme === 'bearer') {
      const realm = params.get('realm')
      if (realm !== undefined) return { scheme, realm, service: params.get('service') }
    }
    if (scheme === 'basic') basic = true
  }
  return basic ? { scheme: 'basic' } : undefined
}

function readChallenges(header: string): { scheme: string; params: Map<string, string> }[] {
  const found: { scheme: string; params: Map<string, string> }[] = []
  // Either `key=value` (quoted or token) of the current challenge, or a bare word that starts the next one.
  const piece = /([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))|([A-Za-z0-9_-]+)/g
  for (const [, key, quoted, token, scheme] of header.slice(0, HEADER_LIMIT).matchAll(piece)) {
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), params: new Map() })
    else if (key !== undefined) {
      found.at(-1)?.params.set(key.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? token ?? '')
    }
  }
  return found
}

const HEADER_LIMIT = 8192
