import { writeSync } from 'node:fs'
import { CertSlot } from '#certs/source.ts'
import { LIMIT } from '#src/api/limits.ts'
import { loadConfig } from '#src/config.ts'
import { createKubeClient } from '#src/kube/client.ts'
import { createCredentials } from '#src/kube/credentials.ts'
import { createHttp } from '#src/kube/http.ts'
import { serviceAccount } from '#src/kube/service-account.ts'
import { type Rule, rule } from '#src/rules/rule.ts'
import { WORKSPACE_RULES } from '#src/rules/workspace-rules.ts'
import { Watchdog } from '#src/runtime/watchdog.ts'
import { createLog } from '#src/telemetry/log.ts'
import { createMetrics } from '#src/telemetry/metrics.ts'
import { wireAdmission } from '#src/wire/admission.ts'
import { wireWebhooks } from '#src/wire/webhooks.ts'
import { onStart } from '#test/bench/contestants/start.ts'

/** One that hangs for the Workspace `hangs`, and computes for half a second for the Workspace `computes`. */
const slow = rule({
  id: 'test.slow',
  about: 'A mistake.',
  level: 'error',
  check: ({ metadata }) => {
    if (metadata?.name === 'hangs') for (;;) metadata.name.match(/^(a|a)*$/)
    if (metadata?.name !== 'computes') return []
    writeSync(1, 'computing\n')
    const { user } = process.cpuUsage()
    while (process.cpuUsage().user - user < 500_000) metadata.name.match(/^(a|a)*$/)
    return []
  },
})

// The webhook as the operator runs it, with one more rule than anybody ships.
onStart(async ({ certificate, port, apiServer, account }) => {
  const rules = WORKSPACE_RULES as Rule[]
  rules.push(slow)
  const config = loadConfig(undefined, {})
  const settings = { ...config.settings, webhook: { ...config.settings.webhook, port } }
  const credentials = createCredentials(() => serviceAccount(apiServer, account))
  const client = createKubeClient(createHttp({ credentials, userAgent: 'test' }))
  const watch = new Watchdog({ limitMs: LIMIT.ruleCpuMs, lookMs: 250, fields: { instance: 'webhook-0' } })
  await watch.start()
  const source = new CertSlot()
  source.put(certificate)
  const admission = wireAdmission({ ...config, settings }, client, watch)
  const log = createLog({ level: 'info' })
  const wiring = { config: { ...config, settings }, log, metrics: createMetrics({ process: false }) }
  await wireWebhooks(wiring, { source, admission, watch }).component.start?.()
})
