import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { type CertSource, firstCertificate } from '#certs/source.ts'
import { defined } from '#src/lib/defined.ts'
import { systemClock } from '#src/runtime/clock.ts'
import type { Component } from '#src/runtime/lifecycle.ts'
import type { Watch } from '#src/runtime/watchdog.ts'
import type { Metrics } from '#src/telemetry/metrics.ts'
import type { Admission } from '#webhooks/admission.ts'
import type { AdmissionObserver } from '#webhooks/observer.ts'
import { defaultTimeouts, WebhookServer } from '#webhooks/server.ts'
import { wireClientTrust } from './client-trust.ts'
import type { Wiring } from './wiring.ts'

interface WebhookParts {
  readonly source: CertSource
  readonly admission: Admission
  readonly watch: Watch
  /** PEM file of the authorities whose certificates callers have to show; absent = everybody is answered. */
  readonly clientCaFile?: string
}

/** The HTTPS server of the webhooks, from the first certificate on, with every later one swapped in while it serves. */
export function wireWebhooks(
  wiring: Wiring,
  { source, admission, watch, clientCaFile }: WebhookParts,
): { readonly component: Component; readonly problem: () => string | undefined } {
  const { config, log, metrics } = wiring
  const trust = wireClientTrust(wiring, clientCaFile)
  let server: WebhookServer | undefined
  let waitsFor = 'no certificate is served yet'
  const abort = new AbortController()
  const component: Component = {
    name: 'webhooks',
    start: async () => {
      await firstCertificate(source, abort.signal)
      waitsFor = 'the authority of client certificates is not read yet'
      const callers = await trust?.current(abort.signal)
      const certificate = await firstCertificate(source, abort.signal)
      const started = new WebhookServer({
        host: '::',
        port: config.settings.webhook.port,
        certificate,
        ...defined({ callers }),
        admission,
        watch,
        budgetMs: 4_000,
        observer: observe(log, metrics),
        clock: systemClock,
        newId: randomUUID,
        now: () => new Date(),
        timeouts: defaultTimeouts,
      })
      source.onChange((next) => started.use(next))
      trust?.onChange((authority) => started.trust(authority))
      await started.listen()
      server = started
    },
    stop: async () => {
      abort.abort(new Error('stopping'))
      await server?.drain()
      await trust?.stop()
    },
  }
  return { component, problem: () => (server === undefined ? waitsFor : undefined) }
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
  refused: (code, reason) => log.warn({ code, reason }, 'not an admission review'),
  failed: ({ error, webhook, ...rest }) => {
    metrics.count('admissions', { webhook: webhook ?? 'unknown', outcome: 'failed' })
    log.error({ err: error, webhook, ...rest }, 'admission failed: a bug or a time-out')
  },
})
