import type { Workspace } from '#src/api/workspace.ts'
import type { Facts, Lookup, SecretFacts } from '#src/reading/facts.ts'
import type { Row } from '#test/unit/rules/row.ts'
import { nodesWith, facts as plain, serving } from '#test/unit/rules/sample.ts'
import { type AdmissionRig, workspacesIn } from './rig.ts'

/** What the API server said of a row's Workspace. */
export interface Reply {
  readonly code: number
  /** One for each thing that refused it: the field, and the text. */
  readonly causes: readonly { readonly field: string; readonly message: string }[]
  readonly warnings: string
}

/** Makes the row's surroundings, sends its Workspace as a dry run, and removes the surroundings again. */
export async function ask(rig: AdmissionRig, row: Pick<Row, 'workspace' | 'facts'>): Promise<Reply> {
  const facts: Facts = { ...plain, ...row.facts }
  const namespace = await rig.namespaceOf(facts.policy)
  const undo = await surround(rig, namespace, facts)
  try {
    return facts.operation === 'UPDATE' && facts.old !== undefined
      ? await update(rig, namespace, facts.old, row.workspace)
      : replyOf(await rig.api.call('POST', `${workspacesIn(namespace)}?dryRun=All`, manifest(row.workspace, namespace)))
  } finally {
    await undo()
  }
}

async function update(rig: AdmissionRig, namespace: string, old: Workspace, workspace: Workspace): Promise<Reply> {
  const { api } = rig
  const path = `${workspacesIn(namespace)}/${old.metadata.name}`
  const before = await rig.unchecked(() => api.must('POST', workspacesIn(namespace), manifest(old, namespace)))
  try {
    if (old.status !== undefined) await api.must('PUT', `${path}/status`, { ...before, status: old.status })
    const { metadata } = await api.must('GET', path)
    const wanted = manifest(workspace, namespace)
    const body = { ...wanted, metadata: { ...wanted.metadata, resourceVersion: metadata.resourceVersion } }
    return replyOf(await api.call('PUT', `${path}?dryRun=All`, body))
  } finally {
    await api.must('DELETE', path)
  }
}

/** As it would be sent: a name that is still to be chosen is left to the API server. */
export function manifest(workspace: Workspace, namespace: string) {
  const { name, ...metadata } = workspace.metadata
  const naming = name === '' ? { generateName: 'phi-' } : { name }
  const { status: _, ...rest } = workspace
  return {
    apiVersion: 'kaito.sh/v1alpha1',
    kind: 'Workspace',
    ...rest,
    metadata: { ...metadata, ...naming, namespace },
  }
}

const replyOf = ({ code, json, warnings }: Awaited<ReturnType<AdmissionRig['api']['call']>>): Reply => ({
  code,
  causes: json?.details?.causes ?? (code < 300 ? [] : [{ field: '', message: String(json?.message) }]),
  warnings: unquoted([warnings ?? []].flat().join('\n')),
})

/** The header is `299 - "text"`, with quotes inside of it escaped. */
const unquoted = (header: string) => header.replaceAll('\\"', '"')

async function surround({ api, unreadable, unchecked }: AdmissionRig, namespace: string, facts: Facts) {
  const made: string[] = []
  const hidden: string[] = []
  const make = async (plural: string, name: string, body: object) => {
    const path = `/api/v1/namespaces/${namespace}/${plural}`
    await api.must('POST', path, { apiVersion: 'v1', metadata: { name }, ...body })
    made.push(`${path}/${name}`)
  }
  const hide = (name: string, lookup: Lookup<unknown>) => {
    if (lookup.state !== 'unknown') return
    unreadable.add(name)
    hidden.push(name)
  }
  for (const [name, lookup] of facts.configMaps) {
    hide(name, lookup)
    if (lookup.state === 'found') await make('configmaps', name, { kind: 'ConfigMap', data: lookup.value })
  }
  for (const [name, lookup] of facts.secrets) {
    hide(name, lookup)
    if (lookup.state === 'found') await make('secrets', name, secretLike(lookup.value))
  }
  for (const lookup of facts.nodesHeld.values()) {
    hide(namespace, lookup)
    if (lookup.state !== 'found') continue
    const others = nodesWith({ count: lookup.value.nodes }, { ...serving, metadata: { name: 'others' } })
    await unchecked(() => api.must('POST', workspacesIn(namespace), manifest(others, namespace)))
    made.push(`${workspacesIn(namespace)}/others`)
  }
  return async () => {
    for (const path of made) await api.must('DELETE', path)
    for (const name of hidden) unreadable.delete(name)
  }
}

function secretLike({ type, keys, registries, loginless }: SecretFacts) {
  const logins = registries.map((host) => [host, { auth: 'dXNlcjpwYXNz' }] as const)
  const auths = Object.fromEntries([...logins, ...loginless.map((host) => [host, {}] as const)])
  const docker = JSON.stringify({ auths })
  const stringData = Object.fromEntries(keys.map((key) => [key, key === '.dockerconfigjson' ? docker : 'x']))
  return { kind: 'Secret', type, stringData }
}
