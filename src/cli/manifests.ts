import { parseAllDocuments } from 'yaml'
import { isJsonObject } from '../lib/json.ts'

/** What a file of manifests holds, as far as a plan is concerned. */
export interface Manifests {
  readonly workspaces: readonly Readonly<Record<string, unknown>>[]
  /** Text entries of its ConfigMaps, by `namespace/name`. */
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** Kinds of everything else, in order. */
  readonly others: readonly string[]
  /** What is no YAML, or no object with a kind. */
  readonly faults: readonly string[]
}

/** Reads YAML or JSON documents; what `kubectl` writes as a `List` is read as its items. */
export function readManifests(text: string): Manifests {
  const workspaces: Record<string, unknown>[] = []
  const configMaps = new Map<string, Record<string, string>>()
  const others: string[] = []
  const faults: string[] = []
  const take = (object: unknown): void => {
    if (object === null || object === undefined) return
    if (!isJsonObject(object) || typeof object['kind'] !== 'string') {
      faults.push('a document is no object with a kind')
    } else if (object['kind'] === 'Workspace') workspaces.push(object)
    else if (object['kind'] === 'List' && Array.isArray(object['items'])) object['items'].forEach(take)
    else {
      if (object['kind'] === 'ConfigMap') configMaps.set(keyOf(object['metadata']), textsOf(object['data']))
      others.push(object['kind'])
    }
  }
  for (const document of parseAllDocuments(text)) {
    const [error] = document.errors
    if (error !== undefined) faults.push(error.message.split('\n', 1).join(''))
    else take(document.toJS({ maxAliasCount: 0 }))
  }
  return { workspaces, configMaps, others, faults }
}

/** `namespace/name`, in the namespace that kubectl would take where none is written. */
export function keyOf(metadata: unknown): string {
  const { namespace, name } = isJsonObject(metadata) ? metadata : {}
  return `${typeof namespace === 'string' ? namespace : 'default'}/${String(name)}`
}

const textsOf = (data: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(isJsonObject(data) ? data : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
