import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import { type Config, loadConfig } from '#src/config.ts'
import { createKubeClient, type KubeClient } from '#src/kube/client.ts'
import { createCredentials } from '#src/kube/credentials.ts'
import { createHttp } from '#src/kube/http.ts'
import { kubeconfig } from '#src/kube/kubeconfig.ts'
import type { Policy } from '#src/reading/facts.ts'
import { wireAdmission } from '#src/wire/admission.ts'
import { ApiClient } from '#test/integration/certs/api-client.ts'
import { mint, serve } from '#test/integration/webhooks/rig.ts'
import type { Admission, AdmissionRequest } from '#webhooks/admission.ts'
import { mutatingConfiguration, validatingConfiguration } from '#webhooks/registration.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

export const workspacesIn = (namespace: string) => `/apis/kaito.sh/v1alpha1/namespaces/${namespace}/workspaces`

/** An API server with the definition of Workspaces and both webhooks, behind which the real rules are at work. */
export interface AdmissionRig {
  readonly plane: ControlPlane
  readonly api: ApiClient
  /** Where both webhooks answer, for whoever asks them without an API server. */
  readonly webhookUrl: string
  /** A namespace in which this policy holds; made when it is first asked for. */
  namespaceOf(policy: Policy): Promise<string>
  /** Runs `work` while everything is let in, as it was before there was a rule. */
  unchecked<T>(work: () => Promise<T>): Promise<T>
  /** Objects of this name (in any namespace) cannot be looked up: the API server takes its time until the caller gives up. */
  readonly unreadable: Set<string>
  stop(): Promise<void>
}

export async function startAdmissionRig(): Promise<AdmissionRig> {
  const plane = await startControlPlane()
  const api = new ApiClient(plane)
  const credentials = createCredentials(() => kubeconfig(plane.kubeconfig))
  const unreadable = new Set<string>()
  const client = withGaps(createKubeClient(createHttp({ credentials, userAgent: 'test' })), unreadable)
  const byNamespace = new Map<string, { readonly policy: string; readonly admission: Admission }>()
  let isOpen = false
  const admission = gated(
    () => isOpen,
    ({ namespace = '' }) => byNamespace.get(namespace)?.admission,
  )
  const bundle = mint()
  const { server, url } = await serve(bundle, { certificate: bundle.leaf, admission })
  await installDefinition(api)
  // As the operator does, which reads its caches first: what is only loaded once must not fall into a look-up's 0.9 s.
  await client.list('Workspace')
  await register(api, url, bundle.authority.certificate)
  const namespaceOf = async (policy: Policy) => {
    const text = JSON.stringify(policy)
    for (const [name, known] of byNamespace) if (known.policy === text) return name
    const name = byNamespace.size === 0 ? 'team' : `team-${byNamespace.size}`
    await api.must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    byNamespace.set(name, { policy: text, admission: wireAdmission(configOf(policy), client) })
    return name
  }
  return {
    plane,
    api,
    webhookUrl: url,
    namespaceOf,
    unreadable,
    unchecked: async (work) => {
      isOpen = true
      try {
        return await work()
      } finally {
        isOpen = false
      }
    },
    stop: async () => {
      await api.close()
      await credentials.close()
      await plane.stop()
      await server.drain()
    },
  }
}

/** The definition that is shipped, waited for until it is served. */
export async function installDefinition(api: ApiClient): Promise<void> {
  const definition = parse(readFileSync(join(ROOT, 'crds', 'kaito.sh_workspaces.yaml'), 'utf8'))
  await api.must('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition)
  await until('Workspaces are not served', async () => (await api.call('GET', workspacesIn('default'))).code === 200)
}

/** Both configurations as the chart has them, waited for until they are in force. */
async function register(api: ApiClient, url: string, authority: string): Promise<void> {
  const options = {
    target: { url },
    operatorNamespace: 'kaito-system',
    caBundle: Buffer.from(authority).toString('base64'),
  }
  for (const configuration of [validatingConfiguration(options), mutatingConfiguration(options)]) {
    const path = `/apis/admissionregistration.k8s.io/v1/${configuration.kind.toLowerCase()}s`
    await api.must('POST', path, configuration)
  }
  const nothing = { apiVersion: 'kaito.sh/v1alpha1', kind: 'Workspace', metadata: { name: 'nothing' } }
  await until('the webhooks are not asked', async () => {
    const { code, text } = await api.call('POST', `${workspacesIn('default')}?dryRun=All`, nothing)
    return code !== 201 && text.includes('webhook')
  })
}

export async function until(otherwise: string, isDone: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await isDone()) return
    await sleep(50)
  }
  throw new Error(otherwise)
}

function gated(isOpen: () => boolean, of: (request: AdmissionRequest) => Admission | undefined): Admission {
  const found = (request: AdmissionRequest) => {
    const admission = of(request)
    if (admission === undefined) throw new Error(`nobody decides about namespace ${request.namespace}`)
    return admission
  }
  return {
    validate: (request) => (isOpen() ? { errors: [], warnings: [] } : found(request).validate(request)),
    default: (request) => (isOpen() ? request.object : found(request).default(request)),
  }
}

function withGaps(client: KubeClient, unreadable: ReadonlySet<string>): KubeClient {
  return {
    ...client,
    get: async (ref, signal) => (unreadable.has(ref.name) ? never(signal) : client.get(ref, signal)),
    table: async (kind, selection, page, signal) =>
      unreadable.has(selection.namespace ?? '') ? never(signal) : client.table(kind, selection, page, signal),
  }
}

const never = (signal: AbortSignal | undefined) =>
  new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))

function configOf({ maxNodes, longestRunSeconds, ...policy }: Policy): Config {
  const config = loadConfig(undefined, {})
  const lists = {
    namespaces: [...policy.namespaces],
    datasetAllowPrivate: [...policy.datasetAllowPrivate],
    engineFlags: [...policy.engineFlags],
    volumeKinds: [...policy.volumeKinds],
    templateServiceAccounts: [...policy.templateServiceAccounts],
  }
  const named = { maxNodesPerWorkspace: maxNodes, tuningDeadlineMaxSeconds: longestRunSeconds }
  return { ...config, settings: { ...config.settings, ...policy, ...lists, ...named } }
}
