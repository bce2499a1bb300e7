import type { Logger } from 'pino'
import type { Config } from '#src/config.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { Lifecycle } from '#src/runtime/lifecycle.ts'
import { createHealthServer } from '#src/telemetry/health.ts'
import { createMetrics } from '#src/telemetry/metrics.ts'
import { wireApi } from './api.ts'
import type { ProcessRole } from './role.ts'
import type { WebhookFiles } from './webhook-part.ts'

export interface OperatorOptions {
  readonly config: Config
  readonly log: Logger
  readonly roles: readonly ProcessRole[]
  readonly files: WebhookFiles
  /** Called when leadership is lost: the process should end, and begin again as a candidate. */
  readonly onLost: () => void
}

/** The operator's table of contents: every part, built once and by hand, in the order in which they start. */
export async function wireOperator({ config, log, roles, files, onLost }: OperatorOptions): Promise<Lifecycle> {
  const metrics = createMetrics({ process: true })
  const wiring = { config, log, metrics }
  const api = wireApi(wiring)
  const parts = await Promise.all(
    // What a role does not need is not even loaded: a webhook without a task queue is 40 MiB smaller.
    roles.map(async (role) =>
      role === 'webhook'
        ? (await import('./webhook-part.ts')).webhookPart(wiring, api, files)
        : (await import('./reconciler-part.ts')).reconcilerPart(wiring, api, onLost),
    ),
  )
  const health = createHealthServer({
    host: '::',
    port: config.healthPort,
    metrics,
    live: parts.flatMap(({ live = [] }) => live),
    ready: parts.flatMap(({ ready }) => ready),
    notes: parts.flatMap(({ notes = [] }) => notes),
  })
  return new Lifecycle(
    [
      { name: 'health', start: async () => void (await health.start()), stop: () => health.stop() },
      api.component,
      ...parts.flatMap(({ components }) => components),
      { name: 'readiness', stop: () => health.drain() },
    ],
    {
      clock: systemClock,
      stopWithinMs: 30_000,
      onStep: (step, name) => log.info({ component: name }, step),
      onError: (err, name) => log.error({ err, component: name }, 'did not stop cleanly'),
    },
  )
}
