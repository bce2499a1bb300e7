import type { CaBundlePatch, CertPorts, ServiceRef, WebhookConfiguration, WebhookRef } from './ports.ts'

/** What became of an attempt to make one configuration trust the given authorities. */
export type Publication = 'there already' | 'published' | 'absent' | 'conflict'

/** A configuration as it was read, or undefined where it does not exist (not installed yet, or another has its name). */
export interface ReadConfiguration {
  readonly ref: WebhookRef
  readonly configuration: WebhookConfiguration | undefined
}

/**
 * Reads the configurations that are to be kept up to date. One that leads to another Service than ours only has our name: to put
 * our authority into it would stop whatever it is for.
 */
export const readConfigurations = (
  ports: CertPorts,
  refs: readonly WebhookRef[],
  service?: ServiceRef,
): Promise<ReadConfiguration[]> =>
  Promise.all(
    refs.map(async (ref) => {
      const found = await ports.getWebhookConfiguration(ref)
      return { ref, configuration: found !== undefined && leadsTo(found, service) ? found : undefined }
    }),
  )

const leadsTo = ({ webhooks = [] }: WebhookConfiguration, ours: ServiceRef | undefined) =>
  ours === undefined ||
  webhooks.every(({ clientConfig }) => {
    const service = clientConfig?.service
    return service === undefined || (service.namespace === ours.namespace && service.name === ours.name)
  })

/**
 * Makes a configuration carry exactly `trusted` (PEM) in every webhook's caBundle, and touches nothing else in it.
 * The write holds only for the version that was read.
 */
export async function publish(ports: CertPorts, read: ReadConfiguration, trusted: string): Promise<Publication> {
  if (read.configuration === undefined) return 'absent'
  const patch = caBundlePatch(read.configuration, trusted)
  if (patch === undefined) return 'there already'
  return (await ports.patchCaBundle(read.ref, patch)) === 'done' ? 'published' : 'conflict'
}

/** Whether all configurations, as they were read, accept certificates of this authority (PEM). */
export const isTrusted = (read: readonly ReadConfiguration[], authority: string): boolean =>
  read.every(({ configuration }) =>
    (configuration?.webhooks ?? []).every(({ clientConfig }) =>
      Buffer.from(clientConfig?.caBundle ?? '', 'base64')
        .toString('utf8')
        .includes(authority),
    ),
  )

/** The patch that `publish` sends, or undefined when nothing has to change. */
export function caBundlePatch(configuration: WebhookConfiguration, trusted: string): CaBundlePatch | undefined {
  const caBundle = Buffer.from(trusted, 'utf8').toString('base64')
  const webhooks = configuration.webhooks ?? []
  if (webhooks.every((webhook) => webhook.clientConfig?.caBundle === caBundle)) return undefined
  return {
    metadata: { resourceVersion: configuration.metadata.resourceVersion },
    webhooks: webhooks.map(({ name }) => ({ name, clientConfig: { caBundle } })),
  }
}
