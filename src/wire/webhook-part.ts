import { wireAdmission } from './admission.ts'
import type { Api } from './api.ts'
import { wireCertificates } from './certificates.ts'
import type { Part } from './role.ts'
import { wireWebhooks } from './webhooks.ts'
import type { Wiring } from './wiring.ts'

/** Answers the API server. It asks for what a Workspace names, one object at a time, and watches nothing. */
export function webhookPart(wiring: Wiring, api: Api, certDir: string | undefined): Part {
  const certificates = wireCertificates(wiring, api, certDir)
  const admission = wireAdmission(wiring.config, api.client)
  const webhooks = wireWebhooks(wiring, { source: certificates.source, admission })
  return {
    components: [certificates.component, webhooks.component],
    ready: [{ name: 'webhooks', check: () => (webhooks.isServing() ? undefined : 'no certificate is served yet') }],
  }
}
