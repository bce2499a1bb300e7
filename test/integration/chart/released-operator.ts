import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clusterKeys } from '#examples/cluster/cluster-keys.ts'
import { mustRun } from '#examples/cluster/command.ts'
import type { ControlPlane } from '#examples/cluster/control-plane.ts'
import { freePort } from '#examples/cluster/free-port.ts'
import { writeKubeconfig } from '#examples/cluster/kubeconfig.ts'
import { httpProbe } from '#examples/cluster/probe.ts'
import { type Daemon, startDaemon, waitReady } from '#examples/cluster/process.ts'
import type { KubeClient } from '#src/kube/client.ts'
import { at, chartDir, NAMESPACE } from './helm.ts'

export interface Surroundings {
  readonly plane: ControlPlane
  readonly client: KubeClient
  readonly redisUrl: string
  /** Where the Secret with the certificate is mounted, for a release that has one. */
  readonly certs?: string
  /** The same for the authority of client certificates: a folder with ca.crt. */
  readonly clientCa?: string
  readonly logLevel?: 'debug' | 'info'
}

/** A running role, with the address of its health and metrics. */
export interface Released extends Daemon {
  readonly url: string
}

export type ReleasedRole = 'webhook' | 'reconciler'

/** The Deployment of each role. */
const DEPLOYMENT = { webhook: 'kaito-ts', reconciler: 'kaito-ts-reconciler' } as const satisfies Record<
  ReleasedRole,
  string
>

/**
 * Starts one role of the operator as its Deployment of the release says now, with the volumes at other places and as the
 * ServiceAccount that the Deployment names, and waits until it is ready.
 */
export async function startReleased(role: ReleasedRole, surroundings: Surroundings): Promise<Released> {
  const { plane, client, redisUrl, certs = '', clientCa = '', logLevel = 'info' } = surroundings
  const stored = await client.get({ kind: 'ConfigMap', namespace: NAMESPACE, name: 'kaito-ts-settings' })
  const settings = join(plane.dir, `${role}-settings.yaml`)
  writeFileSync(settings, String(at(stored, 'data', 'settings.yaml')))
  const get = ['get', 'deployment', DEPLOYMENT[role], '--namespace', NAMESPACE, '--output', 'json']
  const deployment: unknown = JSON.parse(await mustRun([plane.kubectl, '--kubeconfig', plane.kubeconfig, ...get]))
  const pod = at(deployment, 'spec', 'template', 'spec')
  const container = at(pod, 'containers', 0)
  const places = new Map([
    ['/etc/kaito/settings.yaml', settings],
    ['/etc/kaito/certs', certs],
    ['/etc/kaito/client-ca/ca.crt', join(clientCa, 'ca.crt')],
  ])
  const args = Array.from(Object(at(container, 'args')), (arg) => places.get(String(arg)) ?? String(arg))
  const keys = await clusterKeys(join(plane.dir, 'pki'), ['127.0.0.1'], '10.96.0.1')
  const account = await keys.client(role, `system:serviceaccount:${NAMESPACE}:${at(pod, 'serviceAccountName')}`)
  const healthPort = await freePort()
  const daemon = await startDaemon({
    name: role,
    argv: [process.execPath, ...args],
    cwd: join(chartDir, '../..'),
    logFile: join(plane.dir, `${role}.log`),
    env: {
      PATH: process.env['PATH'],
      POD_NAME: `${DEPLOYMENT[role]}-0`,
      POD_NAMESPACE: NAMESPACE,
      KAITO_KUBECONFIG: writeKubeconfig(join(plane.dir, `${role}.kubeconfig`), plane.url, plane.ca, account),
      ...(role === 'reconciler' ? { KAITO_REDIS_URL: redisUrl } : {}),
      KAITO_HEALTH_PORT: String(healthPort),
      KAITO_LOG_LEVEL: logLevel,
    },
  })
  const url = `http://127.0.0.1:${healthPort}`
  await waitReady(daemon, httpProbe(`${url}/readyz`), 60_000)
  return { ...daemon, url }
}
