import type { Logger } from 'pino'
import { FileCertSource } from '#certs/files.ts'
import { CertKeeper } from '#certs/keeper.ts'
import { serviceNames } from '#certs/mint.ts'
import type { CertObserver } from '#certs/observer.ts'
import type { CertPorts, StoredSecret, Written } from '#certs/ports.ts'
import { defaultPolicy, mintedBy } from '#certs/rotation.ts'
import type { CertSource } from '#certs/source.ts'
import type { ObjectMeta } from '#src/api/objects.ts'
import { isConflict, isNotFound } from '#src/kube/errors.ts'
import type { ObjectOf } from '#src/kube/object-of.ts'
import { pathOf, resources } from '#src/kube/resource.ts'
import { systemClock } from '#src/runtime/clock.ts'
import type { Component } from '#src/runtime/lifecycle.ts'
import type { Metrics } from '#src/telemetry/metrics.ts'
import { MUTATING, VALIDATING } from '#webhooks/registration.ts'
import type { Api } from './api.ts'
import type { Wiring } from './wiring.ts'

const SECRET = 'kaito-ts-webhook-cert'

/** The webhook's certificate: kept by ourselves in a Secret, or read from files that cert-manager mounts. */
export function wireCertificates(
  { config, log, metrics }: Wiring,
  api: Api,
  certDir: string | undefined,
): { readonly source: CertSource; readonly component: Component } {
  const abort = new AbortController()
  const observer = observe(log, metrics)
  const common = { clock: systemClock, observer }
  const { namespace } = config
  const source =
    certDir === undefined
      ? new CertKeeper({
          ...common,
          ports: portsOver(api),
          secret: { namespace, name: SECRET },
          names: { dns: serviceNames(config.settings.webhook.serviceName, namespace) },
          webhooks: [VALIDATING, MUTATING],
          service: { namespace, name: config.settings.webhook.serviceName },
          policy: defaultPolicy,
          // Every write holds only for the version that was read, so all replicas may try.
          leads: () => true,
          now: () => new Date(),
          random: Math.random,
          pollMs: 30_000,
        })
      : new FileCertSource({ ...common, directory: certDir, pollMs: 30_000 })
  let running: Promise<void> | undefined
  const component: Component = {
    name: 'certificates',
    start: () => {
      running = source.run(abort.signal)
    },
    stop: async () => {
      abort.abort()
      await running
    },
  }
  return { source, component }
}

const MINTED = ['leaf', 'authority'] as const

const observe = (log: Logger, metrics: Metrics): CertObserver => ({
  serving: ({ leafExpires, authorityExpires }) => {
    // A process that finds a certificate mints none, and its first rotation is to be seen as one.
    for (const certificate of MINTED) metrics.expect('certificateRotations', { certificate })
    metrics.set('certificateExpiry', leafExpires.getTime() / 1000, { certificate: 'leaf' })
    if (authorityExpires)
      metrics.set('certificateExpiry', authorityExpires.getTime() / 1000, { certificate: 'authority' })
    log.info({ leafExpires, authorityExpires }, 'serving certificate')
  },
  changed: (change, reason) => {
    for (const certificate of mintedBy(change)) metrics.count('certificateRotations', { certificate })
    log.info({ change, reason }, 'certificates changed')
  },
  failed: (err) => log.warn({ err }, 'certificates could not be kept up to date; trying again'),
})

function portsOver({ http, client }: Api): CertPorts {
  const outcome = async (work: Promise<unknown>): Promise<Written> => {
    try {
      await work
      return 'done'
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return 'conflict'
      throw error
    }
  }
  return {
    getSecret: async (namespace, name) => {
      const secret = await client.get({ kind: 'Secret', namespace, name })
      return secret && storedSecret(secret, namespace)
    },
    createSecret: (secret) => outcome(client.create({ ...secret })),
    updateSecret: (secret) => outcome(client.replace({ ...secret })),
    getWebhookConfiguration: async ({ kind, name }) => {
      const found = await client.get({ kind, name })
      return found && { ...found, metadata: versioned(found.metadata) }
    },
    patchCaBundle: ({ kind, name }, patch) =>
      outcome(
        http.text({
          method: 'PATCH',
          path: pathOf(resources[kind], { name }),
          body: patch,
          contentType: 'application/strategic-merge-patch+json',
        }),
      ),
  }
}

const storedSecret = (found: ObjectOf<'Secret'>, namespace: string): StoredSecret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: found.type ?? 'Opaque',
  metadata: { ...versioned(found.metadata), namespace },
  data: found.data ?? {},
})

/** Whatever the server has stored has a version. */
const versioned = (metadata: ObjectMeta) => ({ ...metadata, resourceVersion: metadata.resourceVersion ?? '' })
