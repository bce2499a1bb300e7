import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { createLeaseLock } from './kube/lease-lock.ts'
import { NO_PROVISIONER } from './plan/steps/nodes.ts'
import { systemClock } from './runtime/clock.ts'
import { Elector } from './runtime/leader.ts'
import { type Component, Lifecycle } from './runtime/lifecycle.ts'
import { createHealthServer } from './telemetry/health.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { wireAdmission } from './wire/admission.ts'
import { wireCertificates } from './wire/certificates.ts'
import { type Kubernetes, wireKubernetes } from './wire/kubernetes.ts'
import { runReconciler } from './wire/reconcile.ts'
import { type Tuning, wireTuning } from './wire/tuning.ts'
import { wireWebhooks } from './wire/webhooks.ts'

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
  const kubernetes = wireKubernetes(config, log, metrics)
  const tuning = wireTuning(config, kubernetes, log, metrics)
  const certificates = wireCertificates(config, kubernetes, log, metrics, certDir)
  const unsynced = () => (kubernetes.stores.isSynced() ? undefined : 'caches are not filled yet')
  const admission = wireAdmission(config, kubernetes.client)
  const webhooks = wireWebhooks(config, certificates.source, admission, unsynced, log, metrics)
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
      leading(config, kubernetes, tuning, log, onLost, metrics),
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

/** Stands for election, and reconciles while it leads. */
function leading(
  config: Config,
  kubernetes: Kubernetes,
  tuning: Tuning,
  log: Logger,
  onLost: () => void,
  metrics: ReturnType<typeof createMetrics>,
): Component {
  const abort = new AbortController()
  const elector = new Elector({
    lock: createLeaseLock(kubernetes.client, config.namespace, 'kaito-ts'),
    identity: config.instance,
    clock: systemClock,
    random: Math.random,
    wallTime: () => new Date(),
    onError: (err) => log.warn({ err }, 'the lease could not be read or written'),
    onHolder: (holder) => log.info({ holder }, 'leader'),
  })
  let running: Promise<void> | undefined
  const run = async () => {
    const ended = await elector.run(abort.signal, async (signal) => {
      metrics.set('leader', 1)
      log.info('leading: reconciles begin')
      await runReconciler(config, kubernetes, tuning.queue, log, metrics, signal)
    })
    metrics.set('leader', 0)
    if (ended === 'lost') onLost()
  }
  return {
    name: 'leader',
    start: () => {
      running = run().catch((err: unknown) => {
        log.error({ err }, 'reconciling ended with an error')
        onLost()
      })
    },
    stop: async () => {
      abort.abort()
      await running
    },
  }
}
