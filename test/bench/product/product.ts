import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type ControlPlane, startControlPlane } from '#examples/cluster/control-plane.ts'
import { freePort } from '#examples/cluster/free-port.ts'
import { removeNow } from '#examples/cluster/parent-exit.ts'
import { httpProbe } from '#examples/cluster/probe.ts'
import { type Daemon, killDaemon, lastLines, startDaemon, stopDaemon, waitReady } from '#examples/cluster/process.ts'
import { startRedis } from '#examples/cluster/redis.ts'
import { tempFolder } from '#examples/cluster/temp-folder.ts'
import { createKubeClient, type KubeClient } from '#src/kube/client.ts'
import { createCredentials } from '#src/kube/credentials.ts'
import { createHttp, type Http } from '#src/kube/http.ts'
import { kubeconfig } from '#src/kube/kubeconfig.ts'
import type { ProcessRole } from '#src/wire/role.ts'
import { until, workspacesIn } from '#test/integration/admission/rig.ts'
import { ApiClient } from '#test/integration/certs/api-client.ts'
import { mint } from '#test/integration/webhooks/rig.ts'
import { installDefinitions } from '#test/support/operator-rig.ts'
import { mutatingConfiguration, validatingConfiguration } from '#webhooks/registration.ts'
import { chartLimits } from '../measure/chart-limits.ts'
import { type Container, makeContainer } from '../measure/container.ts'
import { imageEnvironment } from '../measure/image-environment.ts'
import { peakRssMiB } from '../measure/process-cost.ts'
import { type Samples, samplesOf } from './samples.ts'

/** A role of the operator, as a process of its own in a container of the chart's. */
export interface Running {
  readonly pid: number
  readonly container: Container
  readonly limitMiB: number
  readonly port: number
  /** Seconds from its start to /readyz. */
  readonly readySeconds: number
  /** Has it ended, by itself or for its memory? */
  hasEnded(): boolean
  peakRssMiB(): number
  metrics(): Promise<Samples>
  log(): string
  stop(): Promise<void>
}

/** The operator's two roles before a real apiserver, etcd and Redis, each within the memory that the chart gives it. */
export interface Product {
  readonly plane: ControlPlane
  readonly client: KubeClient
  readonly http: Http
  readonly api: ApiClient
  /** The apiserver's own metrics. */
  apiserver(): Promise<Samples>
  start(role: ProcessRole): Promise<Running>
  /** Has the apiserver ask this webhook about every Workspace; returns how to end that. */
  register(webhook: Running): Promise<void>
  unregister(): Promise<void>
  /** PEM of the authority of the webhook's certificate. */
  readonly ca: string
  stop(): Promise<void>
}

const ROOT = join(import.meta.dirname, '..', '..', '..')
const HOME = 'kaito-system'
const GROUP = '/apis/admissionregistration.k8s.io/v1'

export async function startProduct(settings: Readonly<Record<string, unknown>>): Promise<Product> {
  const dir = tempFolder('product')
  const [plane, redis] = await Promise.all([startControlPlane(), startRedis()])
  const credentials = createCredentials(() => kubeconfig(plane.kubeconfig))
  const http = createHttp({ credentials, userAgent: 'bench', retries: 0 })
  const client = createKubeClient(http)
  const api = new ApiClient(plane, 64)
  await installDefinitions(http, client, false)
  const bundle = mint()
  writeFileSync(join(dir, 'tls.crt'), bundle.leaf.certificate)
  writeFileSync(join(dir, 'tls.key'), bundle.leaf.key)
  const scripts = ['src/main.ts', 'src/wire/webhook-part.ts', 'src/wire/reconciler-part.ts']
  const image = imageEnvironment(
    join(dir, 'compiled'),
    scripts.map((script) => new URL(`../../../${script}`, import.meta.url)),
  )
  const running = new Set<Daemon>()
  let started = 0
  const start = async (role: ProcessRole): Promise<Running> => {
    const name = `${role}-${started++}`
    const limitMiB = chartLimits()[role]
    const container = makeContainer(name, limitMiB)
    const [healthPort, port] = await Promise.all([freePort(), freePort()])
    const file = join(dir, `${name}.yaml`)
    writeFileSync(file, stringify({ ...settings, webhook: { port } }))
    const logFile = join(dir, `${name}.log`)
    const certificates = role === 'webhook' ? ['--cert-dir', dir] : []
    const begun = performance.now()
    const daemon = await startDaemon({
      name,
      argv: container.inside([
        process.execPath,
        join(ROOT, 'src/main.ts'),
        'operator',
        role,
        '--settings',
        file,
        ...certificates,
      ]),
      logFile,
      env: {
        PATH: process.env['PATH'],
        ...image,
        NODE_OPTIONS: `${image['NODE_OPTIONS'] ?? ''} ${container.nodeOptions}`,
        KAITO_KUBECONFIG: plane.kubeconfig,
        KAITO_REDIS_URL: redis.url,
        KAITO_HEALTH_PORT: String(healthPort),
        POD_NAME: name,
        POD_NAMESPACE: HOME,
      },
    })
    running.add(daemon)
    const url = `http://127.0.0.1:${healthPort}`
    let hasEnded = false
    const one: Running = {
      pid: daemon.pid,
      container,
      limitMiB,
      port,
      readySeconds: 0,
      hasEnded: () => hasEnded || container.kills() > 0 || !isThere(daemon.pid),
      peakRssMiB: () => peakRssMiB(daemon.pid),
      metrics: async () => samplesOf(await (await fetch(`${url}/metrics`)).text()),
      log: () => lastLines(logFile, 40),
      stop: async () => {
        hasEnded = true
        await stopDaemon(daemon, 35_000)
        running.delete(daemon)
        container.remove()
      },
    }
    try {
      await waitReady(daemon, httpProbe(`${url}/readyz`), 120_000)
    } catch (error) {
      const why = container.kills() > 0 ? `ended by the kernel at ${limitMiB} MiB` : 'not ready'
      await killDaemon(daemon)
      container.remove()
      throw new Error(`${name}: ${why}`, { cause: error })
    }
    return { ...one, readySeconds: (performance.now() - begun) / 1000 }
  }
  const configurations = (port: number) => {
    const caBundle = Buffer.from(bundle.authority.certificate).toString('base64')
    const options = { target: { url: `https://127.0.0.1:${port}` }, operatorNamespace: HOME, caBundle }
    return [validatingConfiguration(options), mutatingConfiguration(options)]
  }
  return {
    plane,
    client,
    http,
    api,
    ca: bundle.authority.certificate,
    apiserver: async () => samplesOf((await api.call('GET', '/metrics')).text),
    start,
    register: async ({ port }) => {
      for (const one of configurations(port)) await api.must('POST', `${GROUP}/${one.kind.toLowerCase()}s`, one)
      const nothing = { apiVersion: 'kaito.sh/v1alpha1', kind: 'Workspace', metadata: { name: 'nothing' } }
      await until('the webhooks are not asked', async () => {
        const { code, text } = await api.call('POST', `${workspacesIn('default')}?dryRun=All`, nothing)
        return code !== 201 && text.includes('webhook')
      })
    },
    unregister: async () => {
      for (const { kind, metadata } of configurations(1)) {
        await api.must('DELETE', `${GROUP}/${kind.toLowerCase()}s/${metadata.name}`)
      }
      await until('the webhooks are still asked', async () => {
        const nothing = { apiVersion: 'kaito.sh/v1alpha1', kind: 'Workspace', metadata: { name: 'nothing' } }
        return (await api.call('POST', `${workspacesIn('default')}?dryRun=All`, nothing)).code === 201
      })
    },
    stop: async () => {
      for (const daemon of running) await killDaemon(daemon)
      await credentials.close()
      await api.close()
      await Promise.all([plane.stop(), redis.stop()])
      removeNow(dir)
    },
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
