import type { Lookup, SecretFacts } from '#src/rules/rule.ts'
import type { KubeClient } from './client.ts'

/** A ConfigMap's data for a rule. Any failure to look is `unknown`, never an error: admission must answer in time. */
export async function configMapLookup(
  client: KubeClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Lookup<Readonly<Record<string, string>>>> {
  try {
    const object = await client.get({ kind: 'ConfigMap', namespace, name }, signal)
    return object === undefined ? { state: 'missing' } : { state: 'found', value: stringsOf(object['data']) }
  } catch {
    return { state: 'unknown' }
  }
}

/** What a rule may know of a Secret: its type, its keys, and which registries a docker config has entries for. */
export async function secretLookup(
  client: KubeClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Lookup<SecretFacts>> {
  try {
    const object = await client.get({ kind: 'Secret', namespace, name }, signal)
    if (object === undefined) return { state: 'missing' }
    const data = stringsOf(object['data'])
    const type = typeof object['type'] === 'string' ? object['type'] : 'Opaque'
    return { state: 'found', value: { type, keys: Object.keys(data), registries: registriesOf(data) } }
  } catch {
    return { state: 'unknown' }
  }
}

/** Registry hosts in a docker config: `https://index.docker.io/v1/` and `myacr.azurecr.io` are both in use as keys. */
function registriesOf(data: Readonly<Record<string, string>>): string[] {
  const encoded = data['.dockerconfigjson']
  if (encoded === undefined) return []
  try {
    const config: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))
    const auths = typeof config === 'object' && config !== null && 'auths' in config ? config.auths : undefined
    return typeof auths === 'object' && auths !== null ? Object.keys(auths).map(hostOf) : []
  } catch {
    return []
  }
}

const hostOf = (key: string) =>
  key
    .replace(/^https?:\/\//, '')
    .split('/', 1)
    .join('')
    .toLowerCase()

const stringsOf = (value: unknown): Record<string, string> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      )
    : {}
