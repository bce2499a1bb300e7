import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { freePort } from '#examples/cluster/free-port.ts'
import { tcpProbe } from '#examples/cluster/probe.ts'
import { startDaemon, stopDaemon, waitReady } from '#examples/cluster/process.ts'
import { tempFolder } from '#examples/cluster/temp-folder.ts'
import { gatewayContainer } from '#src/desired/gateway.ts'
import { DEFAULT_SETTINGS } from '#test/support/default-settings.ts'
import { mebibytes } from '../measure/chart-limits.ts'
import { makeContainer } from '../measure/container.ts'
import { peakRssMiB } from '../measure/process-cost.ts'
import type { Product, Running } from '../product/product.ts'
import type { EngineCall, GatewayTarget, WebhookTarget } from './target.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** The webhook's process before the product's API server, in a container of the chart's. */
export const webhookProcess = (product: Product, webhook: Running): WebhookTarget => ({
  host: '127.0.0.1',
  port: webhook.port,
  servername: 'localhost',
  ca: product.ca,
  from: [
    ['127.0.0.2', 'another address'],
    ['127.0.0.1', "the API server's own address"],
  ],
  api: product.api,
  limitMiB: webhook.limitMiB,
  peakMiB: async () => webhook.peakRssMiB(),
  hasEnded: async () => webhook.hasEnded(),
})

/** A gateway's process before an engine that notes what it gets, in a container as serving pods have it. */
export async function gatewayProcess(): Promise<GatewayTarget & { readonly by: string; stop(): Promise<void> }> {
  const seen: EngineCall[] = []
  const engine = createServer((request, response) => {
    seen.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers })
    request.resume().on('end', () => response.end('{"object":"list","data":[{"id":"base"}]}'))
  })
  engine.listen(0, '127.0.0.1')
  await once(engine, 'listening')
  const {
    resources,
    env = [],
    args = [],
  } = gatewayContainer({
    settings: DEFAULT_SETTINGS,
    baseModel: 'base',
    adapters: [],
    engine: { engineArgs: [] },
    keysSecret: undefined,
  })
  const [variable] = env
  const port = await freePort()
  const upstream = `http://127.0.0.1:${(engine.address() as AddressInfo).port}`
  const message = { ...JSON.parse(variable?.value ?? '{}'), port, upstream, lifelinePort: 0, answerSeconds: 5 }
  const limitMiB = mebibytes({ limits: { memory: String(resources?.limits?.['memory']) } })
  const container = makeContainer('gateway', limitMiB)
  const daemon = await startDaemon({
    name: 'gateway',
    argv: container.inside([process.execPath, ...args.map((arg) => join(ROOT, arg))]),
    logFile: join(tempFolder('gateway'), 'gateway.log'),
    env: {
      PATH: process.env['PATH'],
      NODE_OPTIONS: container.nodeOptions,
      [variable?.name ?? '']: JSON.stringify(message),
    },
  })
  await waitReady(daemon, tcpProbe('127.0.0.1', port), 30_000)
  return {
    host: '127.0.0.1',
    port,
    limitMiB,
    by: container.by,
    reached: async () => seen.splice(0),
    peakMiB: async () => peakRssMiB(daemon.pid),
    hasEnded: async () => container.kills() > 0 || !(await tcpProbe('127.0.0.1', port)()),
    stop: async () => {
      await stopDaemon(daemon, 0)
      container.remove()
      engine.closeAllConnections()
      engine.close()
    },
  }
}
