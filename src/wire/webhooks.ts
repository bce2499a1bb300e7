import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { type CertSource, firstCertificate } from '#certs/source.ts'
import { systemClock } from '#src/runtime/clock.ts'
import type { Component } from '#src/runtime/lifecycle.ts'
import type { Metrics } from '#src/telemetry/metrics.ts'
import type { Admission } from '#webhooks/admission.ts'
import type { AdmissionObserver } from '#webhooks/observer.ts'
import { defaultTimeouts, WebhookServer } from '#webhooks/server.ts'
import type { Wiring } from './wiring.ts'

interface WebhookParts {
  readonly source: CertSource
  readonly admission: Admission
}

/** The HTTPS server of the webhooks, from the first certificate on, with every later one swapped in while it serves. */
export function wireWebhooks(
  { config, log, metrics }: Wiring,
  { source, admission }: WebhookParts,
): { readonly component: Component; readonly isServing: () => boolean } {
  let server: WebhookServer | undefined
  const abort = new AbortController()
  const component: Component = {
    name: 'webhooks',
    start: async () => {
      const certificate = await firstCertificate(source, abort.signal)
      const started = new WebhookServer({
        host: '::',
        port: config.settings.webhook.port,
        certificate,
        admission,
        budgetMs: 4_000,
        observer: observe(log, metrics),
        clock: systemClock,
        newId: randomUUID,
        now: () => new Date(),
        timeouts: defaultTimeouts,
      })
      source.onChange((next) => started.use(next))
      await started.listen()
      server = started
    },
    stop: async () => {
      abort.abort(new Error('stopping'))
      await server?.drain()
    },
  }
  return { component, isServing: () => server !== undefined }
}

const observe = (log: Logger, metrics: Metrics): AdmissionObserver => ({
  answered: (entry) => {
    const { webhook, allowed, operations, ms } = entry
    const outcome = allowed ? (operations > 0 ? 'patched' : 'allowed') : 'denied'
    metrics.count('admissions', { webhook, outcome })
    metrics.observe('admissionSeconds', ms / 1000, { webhook })
    // A yes is in the API server's audit log and in our metrics; a line for each would cost as much as its rules.
    const level = allowed ? 'debug' : 'info'
    if (log.isLevelEnabled(level)) log[level]({ ...entry, ms: Math.round(ms * 100) / 100 }, 'admission')
  },
  refused: (code, why) => log.warn({ code, why }, 'not an admission review'),
  failed: ({ error, webhook, ...rest }) => {
    metrics.count('admissions', { webhook: webhook ?? 'unknown', outcome: 'failed' })
    log.error({ err: error, webhook, ...rest }, 'admission failed: a bug or a time-out')
  },
})
