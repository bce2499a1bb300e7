import type { Logger } from 'pino'
import type { Config } from '#src/config.ts'
import { NO_PROVISIONER } from '#src/plan/steps/nodes.ts'
import { systemClock } from '#src/runtime/clock.ts'
import { Lifecycle } from '#src/runtime/lifecycle.ts'
import { createHealthServer } from '#src/telemetry/health.ts'
import { createMetrics } from '#src/telemetry/metrics.ts'
import { wireAdmission } from './admission.ts'
import { wireCertificates } from './certificates.ts'
import { type Kubernetes, wireKubernetes } from './kubernetes.ts'
import { wireLeading } from './leading.ts'
import { wireTuning } from './tuning.ts'
import { wireWebhooks } from './webhooks.ts'

export interface OperatorOptions {
  readonly config: Config
  readonly log: Logger
  /** Folder with tls.crt and tls.key that somebody else keeps (cert-manager); absent = we keep our own. */
  readonly certDir?: string
  /** Called when leadership is lost: the process should end, and begin again as a candidate. */
  readonly onLost: () => void
}

/** The operator's table of contents: every part, built once and by hand, in the order in which they start. */
export function wireOperator({ config, log, certDir, onLost }: OperatorOptions): Lifecycle {
  const metrics = createMetrics({ process: true })
  const wiring = { config, log, metrics }
  const kubernetes = wireKubernetes(wiring)
  const tuning = wireTuning(wiring, kubernetes)
  const certificates = wireCertificates(wiring, kubernetes, certDir)
  const unsynced = () => (kubernetes.stores.isSynced() ? undefined : 'caches are not filled yet')
  const admission = wireAdmission(config, kubernetes.client)
  const webhooks = wireWebhooks(wiring, { source: certificates.source, admission, notReady: unsynced })
  const health = createHealthServer({
    host: '::',
    port: config.healthPort,
    metrics,
    // A watch that has heard nothing for five minutes, bookmarks included, is beyond what its own restarts can mend.
    live: [
      { name: 'watches', check: () => (kubernetes.stores.silence() > 300 ? 'the apiserver is silent' : undefined) },
    ],
    ready: [
      { name: 'caches', check: unsynced },
      { name: 'webhooks', check: () => (webhooks.isServing() ? undefined : 'no certificate is served yet') },
      { name: 'redis', check: tuning.problem },
    ],
    notes: [{ name: 'provisioner', check: () => provisionerTrouble(config, kubernetes) }],
  })
  return new Lifecycle(
    [
      { name: 'health', start: async () => void (await health.start()), stop: () => health.stop() },
      kubernetes.component,
      certificates.component,
      webhooks.component,
      tuning.component,
      wireLeading(wiring, kubernetes, tuning, onLost),
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

function provisionerTrouble({ settings }: Config, { stores }: Kubernetes): string | undefined {
  if (settings.nodeProvisioner === 'byo' || !stores.isSynced() || stores.hasNodeClaims()) return undefined
  return NO_PROVISIONER
}
