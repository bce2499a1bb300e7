import { parseAllDocuments } from 'yaml'
import { API_GROUP } from '../api/labels.ts'
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

/** Reads YAML or JSON documents; a `List`, as `kubectl` writes it, or the list of one kind is read as its items. */
export function readManifests(text: string): Manifests {
  const workspaces: Record<string, unknown>[] = []
  const configMaps = new Map<string, Record<string, string>>()
  const others: string[] = []
  const faults: string[] = []
  const take = (object: unknown): void => {
    if (object === null || object === undefined) return
    if (!isJsonObject(object) || typeof object['kind'] !== 'string') {
      faults.push('a document is no object with a kind')
      return
    }
    const { kind, apiVersion, items } = object
    if (kind.endsWith('List') && Array.isArray(items)) {
      for (const item of items) take(asItem(item, kind, apiVersion))
    } else if (kind === 'Workspace' && isOurs(apiVersion)) workspaces.push(object)
    else {
      if (kind === 'ConfigMap') configMaps.set(namedKey(object['metadata']), textsOf(object['data']))
      others.push(kind === 'Workspace' ? `a Workspace of ${String(apiVersion)}` : kind)
    }
  }
  for (const document of parseAllDocuments(text)) {
    const [error] = document.errors
    if (error !== undefined) faults.push(firstLine(error))
    else {
      try {
        take(document.toJS({ maxAliasCount: MAX_ALIASES }))
      } catch (cause) {
        faults.push(firstLine(cause))
      }
    }
  }
  return { workspaces, configMaps, others, faults }
}

/** More than anybody writes, and too few for a bomb. */
const MAX_ALIASES = 100

/** Of a list of one kind the items need not say what they are. */
function asItem(item: unknown, listKind: string, apiVersion: unknown): unknown {
  if (!isJsonObject(item) || 'kind' in item || listKind === 'List') return item
  return { apiVersion, kind: listKind.slice(0, -'List'.length), ...item }
}

/** Of this project in any version, or of nobody's. */
const isOurs = (apiVersion: unknown) => typeof apiVersion !== 'string' || apiVersion.startsWith(`${API_GROUP}/`)

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1).join('').replace(/:$/, '')

/** `namespace/name`, in the namespace that kubectl would take where none is written. */
export function namedKey(metadata: unknown): string {
  const { namespace, name } = isJsonObject(metadata) ? metadata : {}
  return `${typeof namespace === 'string' ? namespace : 'default'}/${String(name)}`
}

const textsOf = (data: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(isJsonObject(data) ? data : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
