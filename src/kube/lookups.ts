import { COLUMN } from '#src/api/crd.ts'
import { parseDockerConfig } from '#src/lib/docker-config.ts'
import type { Lookup, NodesHeld, SecretFacts } from '#src/reading/facts.ts'
import { OVER } from '#src/reading/namespace-nodes.ts'
import type { KubeClient } from './client.ts'

/** Any failure to look is `unknown`, never an error: admission must answer in time. */
async function looked<T>(look: () => Promise<Lookup<T>>): Promise<Lookup<T>> {
  try {
    return await look()
  } catch {
    return { state: 'unknown' }
  }
}

/** A ConfigMap's data for a rule. */
export function configMapLookup(
  client: KubeClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Lookup<Readonly<Record<string, string>>>> {
  return looked(async () => {
    const object = await client.get({ kind: 'ConfigMap', namespace, name }, signal)
    return object === undefined ? { state: 'missing' } : { state: 'found', value: stringsOf(object['data']) }
  })
}

/**
 * What a rule may know of a Secret with a token: its keys, from the names of the fields that somebody has set. What they hold
 * does not even come here. Where nobody kept those names, nothing is known but that it is there.
 */
export function tokenLookup(
  client: KubeClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Lookup<SecretFacts>> {
  return looked(async () => {
    const metadata = await client.metadata({ kind: 'Secret', namespace, name }, signal)
    if (metadata === undefined) return { state: 'missing' }
    const fields = (metadata.managedFields ?? []).flatMap(({ fieldsV1 }) => (fieldsV1 === undefined ? [] : [fieldsV1]))
    if (fields.length === 0) return { state: 'unknown' }
    const keys = fields.flatMap((set) => [...namesIn(set, 'f:data'), ...namesIn(set, 'f:stringData')])
    return { state: 'found', value: { type: 'Opaque', keys: [...new Set(keys)], registries: [], loginless: [] } }
  })
}

/** The names in a set of fields under one of them: `{"f:data": {".": {}, "f:HF_TOKEN": {}}}` has HF_TOKEN in `f:data`. */
function namesIn(fields: object, under: string): string[] {
  const set: unknown = Reflect.get(fields, under)
  if (typeof set !== 'object' || set === null) return []
  return Object.keys(set).flatMap((key) => (key.startsWith('f:') ? [key.slice(2)] : []))
}

/** What a rule may know of a Secret with logins: its type, its keys, and which registries a docker config has entries for. */
export function secretLookup(
  client: KubeClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Lookup<SecretFacts>> {
  return looked(async () => {
    const object = await client.get({ kind: 'Secret', namespace, name }, signal)
    if (object === undefined) return { state: 'missing' }
    const data = stringsOf(object['data'])
    const type = typeof object['type'] === 'string' ? object['type'] : 'Opaque'
    return { state: 'found', value: { type, keys: Object.keys(data), ...entriesOf(data) } }
  })
}

/**
 * How many nodes the Workspaces of a namespace have or wait for. Of 10,000 that is a megabyte of cells, an eighth of
 * the smallest objects; where there are more, or the definition has no such columns (yet), it is not known.
 */
export function nodesLookup(
  client: KubeClient,
  namespace: string,
  _name: string,
  signal: AbortSignal,
): Promise<Lookup<NodesHeld>> {
  return looked(async () => {
    let nodes = 0
    let next: string | undefined
    for (let page = 0; page < COUNTED.pages; page++) {
      const table = await client.table('Workspace', { namespace }, { limit: COUNTED.rows, next }, signal)
      const [count, state] = [table.columns.indexOf(COLUMN.nodes), table.columns.indexOf(COLUMN.state)]
      if (count === -1 || state === -1) return { state: 'unknown' }
      for (const cells of table.rows) nodes += OVER.includes(String(cells[state])) ? 0 : Number(cells[count] ?? 1)
      next = table.next
      if (next === undefined) return { state: 'found', value: { nodes } }
    }
    return { state: 'unknown' }
  })
}

const COUNTED = { pages: 10, rows: 1000 }

/**
 * The entries of a docker config, in the new format or the old one, at most 1000 of each kind. The steps read the same file by
 * the same function.
 */
function entriesOf(data: Readonly<Record<string, string>>): Pick<SecretFacts, 'registries' | 'loginless'> {
  const encoded = data['.dockerconfigjson'] ?? data['.dockercfg']
  const config = encoded === undefined ? undefined : parseDockerConfig(Buffer.from(encoded, 'base64').toString('utf8'))
  if (config?.ok !== true) return { registries: [], loginless: [] }
  const registries = config.auths.map(({ key }) => key)
  return {
    registries: registries.filter(isName).slice(0, 1000),
    loginless: config.loginless.filter(isName).slice(0, 1000),
  }
}

/** No registry has a longer name; what is longer covers nothing, and is nobody's to read. */
const isName = (key: string) => key.length <= 512

const stringsOf = (value: unknown): Record<string, string> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      )
    : {}
