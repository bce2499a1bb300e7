import { LIMIT } from '#src/api/limits.ts'
import { defined } from '#src/lib/defined.ts'
import { Lag } from '#src/runtime/lag.ts'
import { Watchdog } from '#src/runtime/watchdog.ts'
import { wireAdmission } from './admission.ts'
import type { Api } from './api.ts'
import { wireCertificates } from './certificates.ts'
import type { Part } from './role.ts'
import { warmUp } from './warm-up.ts'
import { wireWebhooks } from './webhooks.ts'
import type { Wiring } from './wiring.ts'

/** What somebody else keeps for the webhook, as mounted files. */
export interface WebhookFiles {
  /** Folder with tls.crt and tls.key (cert-manager); absent = we keep our own. */
  readonly certDir?: string
  /** PEM of the authorities whose certificates callers have to show; absent = everybody is answered. */
  readonly clientCaFile?: string
}

/** Answers the API server. It asks for what a Workspace names, one object at a time, and watches nothing. */
export function webhookPart(wiring: Wiring, api: Api, { certDir, clientCaFile }: WebhookFiles): Part {
  const certificates = wireCertificates(wiring, api, certDir)
  const watch = new Watchdog({
    limitMs: LIMIT.ruleCpuMs,
    lookMs: 250,
    fields: { instance: wiring.config.instance },
  })
  const lag = new Lag()
  const admission = wireAdmission(wiring.config, api.client, { watch, lateMs: () => lag.ms })
  const webhooks = wireWebhooks(wiring, { source: certificates.source, admission, watch, ...defined({ clientCaFile }) })
  return {
    components: [
      { name: 'lag', start: () => lag.start(), stop: async () => lag.stop() },
      { name: 'watchdog', start: () => watch.start(), stop: () => watch.stop() },
      certificates.component,
      { name: 'warm-up', start: () => warmUp(wiring.config, api.client, watch) },
      webhooks.component,
    ],
    ready: [{ name: 'webhooks', check: webhooks.problem }],
  }
}
