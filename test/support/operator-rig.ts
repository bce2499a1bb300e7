import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { startControlPlane } from '#examples/cluster/control-plane.ts'
import { freePort } from '#examples/cluster/free-port.ts'
import { httpProbe } from '#examples/cluster/probe.ts'
import { type Daemon, killDaemon, lastLines, startDaemon, stopDaemon, waitReady } from '#examples/cluster/process.ts'
import { type Redis, startRedis } from '#examples/cluster/redis.ts'
import { tempFolder } from '#examples/cluster/temp-folder.ts'
import type { K8sObject } from '#src/api/objects.ts'
import type { WorkspaceStatus } from '#src/api/status.ts'
import type { Workspace } from '#src/api/workspace.ts'
import { createKubeClient, type KubeClient } from '#src/kube/client.ts'
import { createCredentials } from '#src/kube/credentials.ts'
import { isNotFound } from '#src/kube/errors.ts'
import { createHttp, type Http } from '#src/kube/http.ts'
import { kubeconfig } from '#src/kube/kubeconfig.ts'
import type { Kind, Ref } from '#src/kube/resource.ts'
import { eventually } from './eventually.ts'
import { karpenterCrd } from './karpenter-judge.ts'
import { createDefinition, createNamespace } from './other-kinds.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const HOME = 'kaito-system'

/** A running operator process. */
export interface Operator {
  /** As a crash or the kernel would: nothing is tidied up. */
  kill(): Promise<void>
  stop(): Promise<void>
  readonly pid: number
  readonly log: () => string
  readonly isReady: () => Promise<boolean>
  /** The text of /readyz. */
  readonly readyz: () => Promise<string>
  /** The text of /metrics. */
  readonly metrics: () => Promise<string>
}

/** A real apiserver, etcd and Redis with our CRDs; tests play the kubelet and the built-in controllers themselves. */
export interface Rig {
  readonly http: Http
  readonly client: KubeClient
  readonly redis: Redis
  /**
   * Starts an operator and waits until it reconciles or stands by. The same name again is the same pod, restarted.
   * `settings` are laid over the rig's own; `nodeOptions` bound its memory, as a container does.
   */
  operator(name?: string, settings?: Readonly<Record<string, unknown>>, nodeOptions?: string): Promise<Operator>
  /** Refuses every Job in a namespace, as a worker sees it that loses the apiserver; returns how to allow them again. */
  forbidJobs(namespace: string): Promise<() => Promise<void>>
  /** Refuses every StatefulSet that is made or changed in a namespace, by a policy; returns how to allow them again. */
  forbidServers(namespace: string): Promise<() => Promise<void>>
  /** Creates a namespace of its own for one test, so that tests do not see each other. */
  namespace(): Promise<string>
  create(namespace: string, name: string, spec: Omit<Workspace, 'metadata'>): Promise<K8sObject>
  workspace(namespace: string, name: string): Promise<Workspace | undefined>
  status(namespace: string, name: string): Promise<WorkspaceStatus>
  list(kind: Kind, namespace?: string): Promise<readonly K8sObject[]>
  stop(): Promise<void>
}

/** Runs are not checked before them, but where `settings` says so. `withKarpenter: false` leaves Karpenter's definitions out. */
export async function startRig(
  settings: Readonly<Record<string, unknown>>,
  { withKarpenter = true } = {},
): Promise<Rig> {
  const [plane, redis] = await Promise.all([startControlPlane(), startRedis()])
  const credentials = createCredentials(() => kubeconfig(plane.kubeconfig))
  const http = createHttp({ credentials, userAgent: 'test' })
  const client = createKubeClient(http)
  const dir = tempFolder('operator')
  const running = new Set<Daemon>()
  let namespaces = 0
  const read = async (namespace: string, name: string) =>
    (await client.get({ kind: 'Workspace', namespace, name })) as unknown as Workspace | undefined
  await installDefinitions(http, client, withKarpenter)

  return {
    http,
    client,
    redis,
    forbidJobs: async (namespace) => {
      const path = `/api/v1/namespaces/${namespace}/resourcequotas`
      const spec = { hard: { 'count/jobs.batch': '0' } }
      const body = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace, name: 'no-jobs' }, spec }
      await http.text({ method: 'POST', path, body })
      // What the quota controller would write; the apiserver goes by the status.
      const status = { hard: spec.hard, used: { 'count/jobs.batch': '0' } }
      const contentType = 'application/merge-patch+json'
      await http.text({ method: 'PATCH', path: `${path}/no-jobs/status`, body: { status }, contentType })
      return async () => void (await http.text({ method: 'DELETE', path: `${path}/no-jobs` }))
    },
    forbidServers: (namespace) => forbidServers(http, namespace),
    operator: async (name = 'operator-0', other = {}, nodeOptions = '') => {
      const all = { tuningPrecheck: 'never', ...settings, ...other }
      const where = { dir, name, kubeconfig: plane.kubeconfig, redisUrl: redis.url }
      const launched = await launch({ ...where, settings: all, nodeOptions })
      running.add(launched.daemon)
      return launched.operator
    },
    namespace: async () => {
      namespaces += 1
      const name = `test-${namespaces}`
      await createNamespace(http, name)
      return name
    },
    create: (namespace, name, spec) =>
      client.create({ ...spec, apiVersion: 'kaito.sh/v1alpha1', kind: 'Workspace', metadata: { namespace, name } }),
    workspace: read,
    status: async (namespace, name) => (await read(namespace, name))?.status ?? {},
    list: async (kind, namespace) => (await client.list(kind, namespace === undefined ? {} : { namespace })).items,
    stop: async () => {
      for (const daemon of running) await killDaemon(daemon)
      await credentials.close()
      await Promise.all([plane.stop(), redis.stop()])
    },
  }
}

async function forbidServers(http: Http, namespace: string): Promise<() => Promise<void>> {
  const group = '/apis/admissionregistration.k8s.io/v1'
  const metadata = { name: `no-servers-${namespace}` }
  const rule = {
    apiGroups: ['apps'],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['statefulsets'],
  }
  const policy = {
    matchConstraints: {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      resourceRules: [rule],
    },
    validations: [{ expression: 'false', message: 'servers are frozen today' }],
  }
  const post = (kind: string, spec: object) =>
    http.text({
      method: 'POST',
      path: `${group}/${kind.toLowerCase().replace(/y$/, 'ie')}s`,
      body: { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata, spec },
    })
  await post('ValidatingAdmissionPolicy', policy)
  await post('ValidatingAdmissionPolicyBinding', { policyName: metadata.name, validationActions: ['Deny'] })
  // A policy is not in force at once.
  await eventually('the policy is in force', async () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'c' }] } }
    const spec = { selector: { matchLabels: { a: 'b' } }, serviceName: 'try', template }
    const body = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'try' }, spec }
    const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets?dryRun=All`
    return http.text({ method: 'POST', path, body }).then(
      () => false,
      (error: unknown) => String(error).includes('frozen'),
    )
  })
  return async () => {
    await http.text({ method: 'DELETE', path: `${group}/validatingadmissionpolicybindings/${metadata.name}` })
    await http.text({ method: 'DELETE', path: `${group}/validatingadmissionpolicies/${metadata.name}` })
  }
}

interface Launch {
  readonly dir: string
  readonly name: string
  readonly kubeconfig: string
  readonly redisUrl: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly nodeOptions: string
}

async function launch({ dir, name, kubeconfig, redisUrl, settings, nodeOptions }: Launch) {
  const [healthPort, webhookPort] = await Promise.all([freePort(), freePort()])
  const file = join(dir, `${name}.yaml`)
  const logFile = join(dir, `${name}.log`)
  writeFileSync(file, stringify({ ...settings, webhook: { port: webhookPort } }))
  const daemon = await startDaemon({
    name,
    argv: [process.execPath, join(ROOT, 'src/main.ts'), 'operator', '--settings', file],
    logFile,
    env: {
      PATH: process.env['PATH'],
      KAITO_KUBECONFIG: kubeconfig,
      KAITO_REDIS_URL: redisUrl,
      KAITO_HEALTH_PORT: String(healthPort),
      KAITO_LOG_LEVEL: 'debug',
      NODE_OPTIONS: nodeOptions,
      POD_NAME: name,
      POD_NAMESPACE: HOME,
    },
  })
  const url = `http://127.0.0.1:${healthPort}`
  await waitReady(daemon, httpProbe(`${url}/readyz`), 60_000)
  const operator: Operator = {
    pid: daemon.pid,
    kill: () => killDaemon(daemon),
    stop: () => stopDaemon(daemon, 35_000),
    log: () => lastLines(logFile, 200),
    isReady: httpProbe(`${url}/readyz`),
    readyz: async () => (await fetch(`${url}/readyz`)).text(),
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
  }
  return { daemon, operator }
}

/** The definitions of Workspaces and, if wanted, of NodeClaims, and the operator's own namespace. */
export async function installDefinitions(http: Http, client: KubeClient, withKarpenter: boolean): Promise<void> {
  const crd: K8sObject = parse(readFileSync(join(ROOT, 'crds/kaito.sh_workspaces.yaml'), 'utf8'))
  await createDefinition(http, crd)
  if (withKarpenter) await createDefinition(http, await karpenterCrd())
  await createNamespace(http, HOME)
  await eventually('the CRDs are served', async () => {
    const kinds = [client.list('Workspace'), ...(withKarpenter ? [client.list('NodeClaim')] : [])]
    return (await Promise.allSettled(kinds)).every(({ status }) => status === 'fulfilled')
  })
}

/** The condition of a status, as `status reason`, such as `False Queued`. */
export function verdict(status: WorkspaceStatus, type: string): string | undefined {
  const found = status.conditions?.find((condition) => condition.type === type)
  return found === undefined ? undefined : `${found.status} ${found.reason}`
}

export const secret = (namespace: string, name: string): K8sObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name },
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') },
})

/** Deletes an object as `kubectl delete` does; one that is gone already is fine. */
export async function remove(client: KubeClient, ref: Ref): Promise<void> {
  await client.delete(ref).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
}
