import type { K8sObject, ObjectMeta } from '#src/api/objects.ts'
import { defined } from '#src/lib/defined.ts'
import { isJsonObject } from '#src/lib/json.ts'
import type { Page, WatchEvent } from '#src/runtime/watch-loop.ts'
import { errorOfStatus, isNotFound, KubeError } from './errors.ts'
import type { Http } from './http.ts'
import { jsonLines } from './json-lines.ts'
import type { ObjectOf } from './object-of.ts'
import { apiVersionOf, type Kind, pathOf, type Ref, type Resource, resourceOf, resources } from './resource.ts'

export interface Selection {
  /** All namespaces when left out. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export interface ApplyOptions {
  readonly manager: string
  /** Takes fields over from other managers instead of failing with a conflict. */
  readonly force?: boolean
  readonly signal?: AbortSignal | undefined
}

export interface LogOptions {
  readonly container?: string
  readonly tailLines?: number
  /** The server cuts here; 256 KiB unless said otherwise, since logs are read to explain a failure. */
  readonly limitBytes?: number
  /** Of the container's previous run, after a restart. */
  readonly previous?: boolean
  readonly signal?: AbortSignal | undefined
}

/** The verbs of the API server on raw JSON: what it sends is what you get, what you build is what it gets. */
export interface KubeClient {
  /** Undefined when there is no such object; every other failure throws KubeError. */
  get<K extends Kind>(ref: Ref<K>, signal?: AbortSignal): Promise<ObjectOf<K> | undefined>
  /** The metadata only: what a Secret holds does not even come here. Undefined when there is no such object. */
  metadata(ref: Ref, signal?: AbortSignal): Promise<ObjectMeta | undefined>
  list<K extends Kind>(
    kind: K,
    selection?: Selection,
    page?: { readonly limit?: number; readonly next?: string | undefined },
    signal?: AbortSignal,
  ): Promise<Page<ObjectOf<K>>>
  /** The columns that `kubectl get -o wide` shows, and a row of cells for each object: what is in them is the kind's to say. */
  table(
    kind: Kind,
    selection: Selection,
    page?: { readonly limit?: number; readonly next?: string | undefined },
    signal?: AbortSignal,
  ): Promise<Table>
  watch<K extends Kind>(
    kind: K,
    selection: Selection,
    from: { readonly resourceVersion: string; readonly seconds: number },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<ObjectOf<K>>>
  create(object: K8sObject, signal?: AbortSignal): Promise<K8sObject>
  /** PUT; with `metadata.resourceVersion` it fails with a conflict if the object has changed since. */
  replace(object: K8sObject, signal?: AbortSignal): Promise<K8sObject>
  /** Server-side apply; creates what is missing unless `metadata.uid` is set. */
  apply(object: K8sObject, options: ApplyOptions): Promise<K8sObject>
  applyStatus(object: K8sObject, options: ApplyOptions): Promise<K8sObject>
  /** JSON merge patch (RFC 7386). */
  merge(ref: Ref, patch: unknown, options?: { subresource?: string; signal?: AbortSignal }): Promise<K8sObject>
  /** Background deletion; with `uid` only that very object (409 otherwise). Throws KubeError, also 404. */
  delete(ref: Ref, options?: { readonly uid?: string; readonly signal?: AbortSignal | undefined }): Promise<void>
  logs(pod: { readonly namespace: string; readonly name: string }, options?: LogOptions): Promise<string>
}

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
  /** There is another page, if set. */
  readonly next?: string
}

const TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1'
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

export function createKubeClient(http: Http): KubeClient {
  const json = async <T extends K8sObject = K8sObject>(call: Parameters<Http['text']>[0]) =>
    checkObject<T>(parseJson(await http.text(call), call.path), call.path)
  const applyTo = (object: K8sObject, { manager, force = false, signal }: ApplyOptions, subresource?: string) =>
    json({
      method: 'PATCH',
      path: pathOfObject(object, subresource),
      query: { fieldManager: manager, force },
      body: object,
      // The server reads JSON as the YAML that it is.
      contentType: 'application/apply-patch+yaml',
      repeatable: true,
      signal,
    })
  const find = async <K extends Kind>(ref: Ref<K>, signal: AbortSignal | undefined, accept = 'application/json') => {
    const path = pathOf(resources[ref.kind], ref)
    try {
      return await json<ObjectOf<K>>({ method: 'GET', path, accept, repeatable: true, signal })
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }
  return {
    get: (ref, signal) => find(ref, signal),
    metadata: async (ref, signal) => (await find(ref, signal, METADATA_ONLY))?.metadata,
    async list(kind, selection = {}, page = {}, signal) {
      const resource = resources[kind]
      const query = { ...selectors(selection), limit: page.limit || undefined, continue: page.next }
      const path = pathOf(resource, { namespace: selection.namespace })
      return pageOf(await http.text({ method: 'GET', path, query, repeatable: true, signal }), resource, path)
    },
    async table(kind, { namespace, ...selection }, page = {}, signal) {
      const paging = { limit: page.limit || undefined, continue: page.next }
      const query = { ...selectors(selection), ...paging, includeObject: 'None' }
      const path = pathOf(resources[kind], { namespace })
      return tableOf(await http.text({ method: 'GET', path, query, accept: TABLE, repeatable: true, signal }), path)
    },
    watch: (kind, selection, from, signal) => watchEvents(http, kind, selection, { ...from, signal }),
    create: (object, signal) => json({ method: 'POST', path: pathOfCollection(object), body: object, signal }),
    replace: (object, signal) => json({ method: 'PUT', path: pathOfObject(object), body: object, signal }),
    apply: (object, options) => applyTo(object, options),
    applyStatus: (object, options) => applyTo(object, options, 'status'),
    merge: (ref, patch, { subresource, signal } = {}) =>
      json({
        method: 'PATCH',
        path: pathOf(resources[ref.kind], { ...ref, ...defined({ subresource }) }),
        body: patch,
        contentType: 'application/merge-patch+json',
        signal,
      }),
    async delete(ref, { uid, signal } = {}) {
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      }
      const path = pathOf(resources[ref.kind], ref)
      await http.text({ method: 'DELETE', path, body, signal, repeatable: uid !== undefined })
    },
    logs(pod, { container, tailLines, limitBytes = 262_144, previous, signal } = {}) {
      const path = pathOf(resources.Pod, { ...pod, subresource: 'log' })
      const query = { container, tailLines, limitBytes, previous }
      return http.text({ method: 'GET', path, query, accept: '*/*', repeatable: true, signal })
    },
  }
}

interface WatchStart {
  readonly resourceVersion: string
  readonly seconds: number
  readonly signal: AbortSignal
}

async function* watchEvents<K extends Kind>(
  http: Http,
  kind: K,
  selection: Selection,
  from: WatchStart,
): AsyncGenerator<WatchEvent<ObjectOf<K>>> {
  const path = pathOf(resources[kind], { namespace: selection.namespace })
  const { resourceVersion, seconds, signal } = from
  const query = {
    ...selectors(selection),
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion,
    timeoutSeconds: seconds,
  }
  const body = await http.stream({ method: 'GET', path, query, signal })
  yield { type: 'open' }
  for await (const line of jsonLines(body)) yield eventOf(line, path)
}

function eventOf<T extends K8sObject>(line: unknown, path: string): WatchEvent<T> {
  if (!isJsonObject(line)) throw new KubeError(`watch ${path}: not an event`, { status: 200, reason: 'BadAnswer' })
  const { type, object } = line
  if (type === 'ERROR') throw errorOfStatus(`watch ${path}`, object)
  const parsed = checkObject<T>(object, path)
  if (type === 'BOOKMARK') return { type: 'bookmark', resourceVersion: parsed.metadata.resourceVersion ?? '' }
  if (type === 'ADDED' || type === 'MODIFIED') return { type: 'put', object: parsed }
  if (type === 'DELETED') return { type: 'remove', object: parsed }
  throw new KubeError(`watch ${path}: unknown event ${String(type)}`, { status: 200, reason: 'BadAnswer' })
}

/** Items of a list lack `apiVersion` and `kind`, which every other answer has; they are put back. */
function pageOf<T extends K8sObject>(text: string, resource: Resource, path: string): Page<T> {
  const list: unknown = parseJson(text, path)
  if (!isJsonObject(list) || !Array.isArray(list['items']) || !isJsonObject(list['metadata']))
    throw badAnswer(path, 'not a list')
  const identity = { apiVersion: apiVersionOf(resource), kind: resource.kind }
  const { resourceVersion, continue: next } = list['metadata']
  return {
    items: list['items'].map((item) => checkObject<T>({ ...identity, ...item }, path)),
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : '',
    ...(typeof next === 'string' && next !== '' ? { next } : {}),
  }
}

function tableOf(text: string, path: string): Table {
  const table = parseJson(text, path)
  if (!isJsonObject(table) || table['kind'] !== 'Table' || !Array.isArray(table['columnDefinitions']))
    throw badAnswer(path, 'not a table')
  const rows: readonly unknown[] = Array.isArray(table['rows']) ? table['rows'] : []
  const next = isJsonObject(table['metadata']) ? table['metadata']['continue'] : undefined
  return {
    columns: table['columnDefinitions'].map((column: unknown) => (isJsonObject(column) ? String(column['name']) : '')),
    rows: rows.map((row) => (isJsonObject(row) && Array.isArray(row['cells']) ? row['cells'] : [])),
    ...(typeof next === 'string' && next !== '' ? { next } : {}),
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badAnswer(path, 'not JSON', cause)
  }
}

function checkObject<T extends K8sObject>(value: unknown, path: string): T {
  if (!isObject<T>(value)) throw badAnswer(path, 'not an object with metadata')
  return value
}

/**
 * What the server sends has the shape of the kind that was asked for: it has checked that itself, so it is taken on trust, here
 * for all that is read of it. So is the name, for a bookmark has only a resourceVersion, and a review has no name.
 */
function isObject<T extends K8sObject>(value: unknown): value is T {
  return isJsonObject(value) && isJsonObject(value['metadata'])
}

function badAnswer(path: string, why: string, cause?: unknown): KubeError {
  return new KubeError(`${path}: the answer is ${why}`, { status: 200, reason: 'BadAnswer', cause })
}

function selectors({ labelSelector, fieldSelector }: Selection): Record<string, string | undefined> {
  return { labelSelector, fieldSelector }
}

function pathOfCollection(object: K8sObject): string {
  return pathOf(resourceOf(object), { namespace: object.metadata.namespace })
}

function pathOfObject(object: K8sObject, subresource?: string): string {
  const { namespace, name } = object.metadata
  return pathOf(resourceOf(object), { namespace, name, ...defined({ subresource }) })
}
