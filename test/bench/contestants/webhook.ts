import { CertSlot } from '#certs/source.ts'
import { LIMIT } from '#src/api/limits.ts'
import { loadConfig } from '#src/config.ts'
import { createKubeClient } from '#src/kube/client.ts'
import { createCredentials } from '#src/kube/credentials.ts'
import { createHttp } from '#src/kube/http.ts'
import { serviceAccount } from '#src/kube/service-account.ts'
import { Watchdog } from '#src/runtime/watchdog.ts'
import { createLog } from '#src/telemetry/log.ts'
import { createMetrics } from '#src/telemetry/metrics.ts'
import { wireAdmission } from '#src/wire/admission.ts'
import { wireWebhooks } from '#src/wire/webhooks.ts'
import { onStart } from './start.ts'

// The webhook as the operator runs it: real rules, look-ups in a real API server, a log line and metrics for each answer.
onStart(async ({ certificate, port, apiServer, account }) => {
  const config = loadConfig(undefined, {})
  const settings = { ...config.settings, webhook: { ...config.settings.webhook, port } }
  const credentials = createCredentials(() => serviceAccount(apiServer, account))
  const client = createKubeClient(createHttp({ credentials, userAgent: 'bench' }))
  const watch = new Watchdog({ limitMs: LIMIT.ruleCpuMs, lookMs: 250, fields: {} })
  await watch.start()
  const source = new CertSlot()
  source.put(certificate)
  const admission = wireAdmission({ ...config, settings }, client, watch)
  const log = createLog({ level: 'info' })
  const metrics = createMetrics({ process: false })
  const { component } = wireWebhooks({ config: { ...config, settings }, log, metrics }, { source, admission, watch })
  await component.start?.()
})
